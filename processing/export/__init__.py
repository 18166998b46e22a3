"""Export: an incident with its proof as one file that anybody can check later. Public: the dashboard uses it too.

The file is a zip that holds an RO-Crate 1.1 (https://w3id.org/ro/crate/1.1). docs/evidence.md says what is in it.

contents.py  reads the parts from the store      crate.py      describes them as an RO-Crate
archive.py   writes the zip                      verify.py     checks a zip; opened.py opens one that may be hostile
"""

from processing.export.archive import Summary, export
from processing.export.contents import Versions
from processing.export.verify import Verified, verify

__all__ = ["Summary", "Verified", "Versions", "export", "verify"]
