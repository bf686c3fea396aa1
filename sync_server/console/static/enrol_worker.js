/* Does nothing. enrol.js registers it for a moment: a browser that does not trust the certificate shows pages all the same, but takes no worker. */
