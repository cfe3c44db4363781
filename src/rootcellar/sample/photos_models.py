"""How each macOS numbers the entities of a Photos library.

Facts only. Core Data names join tables after entity numbers, so every release that adds an
entity renames them. Seen in libraries of macOS 15.7 (model 18600) and macOS 26.1 (19320).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rootcellar.sample.photos_schema import TABLES

# Kinds of album and share: rows of their parent's table that carry their own entity number.
PARENTS: Mapping[str, str] = {
    "Album": "GenericAlbum",
    "CloudSharedAlbum": "Album",
    "Folder": "GenericAlbum",
    "ImportSession": "GenericAlbum",
    "CollectionShare": "Share",
    "LibraryScope": "Share",
    "MomentShare": "Share",
}


def root_entity(entity: str) -> str:
    """Return the entity in whose table the rows of ``entity`` lie."""
    while entity in PARENTS:
        entity = PARENTS[entity]
    return entity


@dataclass(frozen=True)
class Model:
    """One version of the schema: the number Apple gives it, and the entities' numbers in it."""

    version: int
    entities: Mapping[str, int]

    @property
    def album_assets(self) -> tuple[str, str, str, str]:
        """Return the table of album members and its columns: album, asset, order."""
        album, asset = self.entities["Album"], self.entities["Asset"]
        members = f"Z_{asset}ASSETS"
        return f"Z_{album}ASSETS", f"Z_{album}ALBUMS", members, f"Z_FOK_{members[2:]}"

    @property
    def asset_keywords(self) -> tuple[str, str, str]:
        """Return the table of an asset's keywords and its columns: attributes, keyword."""
        attributes = self.entities["AdditionalAssetAttributes"]
        keyword = self.entities["Keyword"]
        name = f"Z_{attributes}KEYWORDS"
        return name, f"Z_{attributes}ASSETATTRIBUTES", f"Z_{keyword}KEYWORDS"

    def ddl(self) -> Iterator[str]:
        """Yield the statements that make an empty library."""
        for entity, table in TABLES.items():
            statement = table.ddl()
            if entity == "ShareParticipant":
                statement = statement[:-1] + f", Z{self.entities['Share']}_SHARE INTEGER )"
            if entity == "Asset" and "CollectionShare" in self.entities:
                statement = statement[:-1] + ", ZCOLLECTIONSHARE INTEGER )"
            yield statement
        table_name, album, asset, order = self.album_assets
        key = f"PRIMARY KEY ({album}, {asset})"
        columns = f"{album} INTEGER, {asset} INTEGER, {order} INTEGER"
        yield f"CREATE TABLE {table_name} ( {columns}, {key} )"
        table_name, attributes, keyword = self.asset_keywords
        key = f"PRIMARY KEY ({attributes}, {keyword})"
        yield f"CREATE TABLE {table_name} ( {attributes} INTEGER, {keyword} INTEGER, {key} )"
        yield (
            "CREATE TABLE Z_PRIMARYKEY "
            "(Z_ENT INTEGER PRIMARY KEY, Z_NAME VARCHAR, Z_SUPER INTEGER, Z_MAX INTEGER)"
        )
        yield (
            "CREATE TABLE Z_METADATA "
            "(Z_VERSION INTEGER PRIMARY KEY, Z_UUID VARCHAR(255), Z_PLIST BLOB)"
        )
        yield "CREATE UNIQUE INDEX Z_Asset_byUuid ON ZASSET (ZUUID COLLATE BINARY ASC)"


def _numbers(words: str) -> dict[str, int]:
    pairs = (word.split(":") for word in words.split())
    return {name: int(number) for name, number in pairs}


MACOS_15 = Model(
    18600,
    _numbers("""AdditionalAssetAttributes:1 Asset:3 AssetContributor:5 AssetDescription:6
        CloudMaster:12 CloudMasterMediaMetadata:13 CloudSharedAlbumInvitationRecord:15
        CloudSharedComment:16 ComputedAssetAttributes:17 DetectedFace:20 ExtendedAttributes:25
        FileSystemBookmark:27 FileSystemVolume:28 GenericAlbum:29 Album:30 CloudSharedAlbum:31
        Folder:38 ImportSession:39 InternalResource:46 Keyword:47 Moment:53 Person:54 Share:61
        LibraryScope:62 MomentShare:63 ShareParticipant:64 UnmanagedAdjustment:66
        UserFeedback:67"""),
)
MACOS_26 = Model(
    19320,
    _numbers("""AdditionalAssetAttributes:1 Asset:3 AssetContributor:5 AssetDescription:6
        CloudMaster:15 CloudMasterMediaMetadata:16 CloudSharedAlbumInvitationRecord:18
        CloudSharedComment:19 ComputedAssetAttributes:20 DetectedFace:23 ExtendedAttributes:28
        FileSystemBookmark:30 FileSystemVolume:31 GenericAlbum:32 Album:33 CloudSharedAlbum:34
        Folder:41 ImportSession:42 InternalResource:51 Keyword:52 Moment:58 Person:59 Share:66
        CollectionShare:67 LibraryScope:68 MomentShare:69 ShareParticipant:70
        UnmanagedAdjustment:73 UserFeedback:74"""),
)
# A macOS nobody has seen: a number out of every known range, and the entities numbered anew.
MACOS_UNKNOWN = Model(
    990_000,
    {name: number + (5 if number > 5 else 0) for name, number in MACOS_26.entities.items()},
)
