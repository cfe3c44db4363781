"""The sample: a made-up Mac home for `rootcellar demo`, and builders of made-up stores for tests.

Standard library only; no data of any person, and nothing copied from Apple's stores but the
facts of their layout.
"""

from rootcellar.sample.home import make_home

__all__ = ["make_home"]
