"""The platform's Japanese: states, violation classes, what happened, times as its people read them."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

STATES: Mapping[str, str] = {"visible": "公開中", "taken_down": "停止中", "deleted": "削除済み"}

ACTORS: Mapping[str, str] = {
    "author": "投稿者",
    "sekisho": "Sekisho(自動)",
    "reviewer": "審査担当者",
    "platform": "プラットフォーム",
}

ENTRIES: Mapping[str, str] = {
    "posted": "投稿",
    "revised": "編集",
    "taken_down": "停止",
    "restored": "復元",
    "deleted": "削除",
    "reviewed": "審査",
    "delivered": "通知を送信",
    "undelivered": "通知に失敗",
}

SOURCES: Mapping[str, str] = {"queue": "審査待ち", "patrol": "巡回(無作為)", "appeal": "異議申し立て"}

VIOLATION_CLASSES: Mapping[str, str] = {
    "affiliate_lure": "アフィリエイトへの誘導",
    "information_products": "情報商材",
    "pyramid_recruiting": "マルチ商法などの勧誘",
    "ranking_manipulation": "順位・ランキングの操作",
    "paid_reviews": "やらせレビュー",
    "commission_only": "完全成果報酬",
    "direct_contact": "サービス外での直接連絡",
    "employment": "雇用にあたる募集",
    "": "その他・分類なし",  # Sekisho's own word for it is "unclassified"
}
"""What a reviewer can choose. The API takes any class; new rules start there."""


def local_time(moment: datetime | str | float, zone: ZoneInfo) -> str:
    """`moment` (ISO text, or seconds since 1970) to the second, in the platform's own time zone."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    elif isinstance(moment, float):
        moment = datetime.fromtimestamp(moment, zone)
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}"
