"""Bodies of notes, from Apple's bytes to blocks. Pure: bytes in, blocks out, nothing is opened.

No input makes these functions raise, hang, or use much more memory than the limits in
`rootcellar_notes.body.wire` allow: what cannot be read becomes a sentence in `troubles`.
"""

from rootcellar_notes.body.document import decode_body
from rootcellar_notes.body.media import decode_gallery, decode_recording
from rootcellar_notes.body.tables import decode_table

__all__ = ["decode_body", "decode_gallery", "decode_recording", "decode_table"]
