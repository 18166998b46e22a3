"""A broker and a store that run without installation as services: `broker` is Tansu, `chdb_http` is chDB."""
