"""A broker and a store that run without being installed as services: `broker` is Tansu, `chdb_http` is chDB."""
