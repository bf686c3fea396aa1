"""The file store: everything that is a file and belongs to all who serve one county (ADR 0057).

`keys.py` names a file by its path below the data folder, on every store the same; `protocol.py`
says what a store does; `folder_store.py` is the data folder itself, `s3_store.py` a bucket;
`opening.py` chooses by DOORSTEP_FILES. Only this room knows the library behind S3.
"""
