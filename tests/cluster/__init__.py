"""Two servers of ours on PostgreSQL under Patroni and an S3 store, killed while phones and the office work: `make cluster`."""
