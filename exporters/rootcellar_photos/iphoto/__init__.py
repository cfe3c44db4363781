"""Libraries of iPhoto: its databases or its AlbumData.xml, and the files they speak of.

docs/decisions/0046-libraries-of-iphoto.md tells how they are read, and why so.
"""
