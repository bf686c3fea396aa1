// @tus/server with its file store, on a free port of this machine; says the port on its first line.
import http from "node:http";
import { Server } from "@tus/server";
import { FileStore } from "@tus/file-store";

const tus = new Server({ path: "/files", datastore: new FileStore({ directory: process.argv[2] }) });
const server = http.createServer(tus.handle.bind(tus));
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
