"""Structure: what a post has besides words: amounts, hosts, ways of contact, kinds of signs.

An amount nobody wrote before, or a new address, is the same sign as the last one: it is its size, or that
there is one, that tells.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

LONGEST_READ = 20_000
"""Characters looked into. A lure is not hidden behind a dozen pages, and this is on every post's way."""
# ASCII throughout: Japanese goes on right behind "LINE" or an address, and is no part of either. What not
# every post needs is a pattern still to be compiled.
_HOST = r"(?ai)https?://(?:www\.)?([a-z0-9][a-z0-9.-]{0,99})"
_HOST_ENDS = r"(?:com|net|org|info|biz|jp|me|ly|io|uk|ru)\b"
_HOST_END = re.compile(rf"\.{_HOST_ENDS}", re.ASCII)
_BARE_HOST = rf"(?a)(?<![\w@.])(?:www\.)?((?:[a-z0-9-]{{1,60}}\.){{1,4}}{_HOST_ENDS})"
_MAIL = r"(?a)(?<![\w.+-])[\w.+-]{1,60}@([a-z0-9-]{1,60}(?:\.[a-z0-9-]{1,20}){1,4})"
# What is looked for begins with characters of its own where it can: those are found at a tenth of the cost.
_DIALLED = r"\d{0,4}[- (]{0,2}\d{1,4}[-) ]{0,2}\d{3,4}[- ]?\d{0,4}(?!\d|\.\d)"
_PHONE = rf"(?a)(?:\+(?<!\d\+)(?<!\d\.\+)\d|0(?<!\d0)(?<!\d\.0)){_DIALLED}"
_LATIN_CONTACTS = (
    *("line", "telegram", "whatsapp", "skype", "discord", "wechat", "kakao"),
    *("instagram", "twitter", "zoom", "slack", "chatwork"),
)
_KANA_CONTACTS = ("ライン", "ディスコード", "カカオ", "テレグラム", "スカイプ", "チャットワーク", "インスタ")
_NAME = re.compile("|".join((*_LATIN_CONTACTS, *_KANA_CONTACTS)))
_LATIN_CONTACT = rf"(?<![a-z0-9])(?:{'|'.join(_LATIN_CONTACTS)})(?![a-z0-9])"
_MORE_CONTACTS = ("signal", "viber", "messenger", "facebook", "らいん", "シグナル", "メッセンジャー")
"""What is no token, but nothing to be passed over either."""
_ANY_NAME = "|".join((*_LATIN_CONTACTS, *_KANA_CONTACTS, *_MORE_CONTACTS))
_ANY_CONTACT = rf"(?<![a-z0-9ァ-ヺー])(?:{_ANY_NAME})"  # online and オンライン are none, lineid is one
_ANY_ADDRESS = re.compile(r"[.。](?<=[a-z0-9].)[a-z]{2}")
# What has enough figures to be dialled, or is a phone number as _PHONE has it: one search for both.
_ANY_NUMBER = re.compile(
    r"(?a)[+0](?<!\d[+0])(?:[\d ().・ー‐-―−-]{7,}\d|(?<!\d\.[+0])(?:(?<=\+)\d|(?<=0))" + _DIALLED + ")"
)
_OF_UNITS = r"(\d[\d,]{0,14}(?:\.\d{1,2})?)\s?(万|億|千)?\s?(円|ドル|dollars?\b|usd\b|pounds?\b|euros?\b|k\b)"
_AMOUNT_OF_UNITS = rf"(?a){_OF_UNITS}"
_AMOUNT = rf"(?a)([$£€¥])\s?(\d[\d,]{{0,14}}(?:\.\d{{1,2}})?)\s?(k\b|万|億|million)?|{_OF_UNITS}"
_TIMES = {"k": 1e3, "千": 1e3, "万": 1e4, "億": 1e8, "million": 1e6}
_JAPANESE_WAGE = "(時給|日給|週給|月給|月収|年収|日収|単価|報酬)()"
_WAGE = rf"(?a){_JAPANESE_WAGE[:-2]}|(?:\b(?:per|an|a)|/)\s?(hour|day|week|month|year)\b"
_PERIOD = "hour|day|week|month|year"
_MONEY = "$£€¥"
_LETTER = re.compile(r"[^\W_]")
_NUMBER = re.compile(r"\d+")
_PERCENT = r"\d\s?%"
_MARK = re.compile(r"[^\w\s]")
_SIGNS = frozenset("!?$£€¥%*#&@★☆●○◆◇■□▼▲→⇒※♪♡♥～〜【】《》「」…|>+=")
_HAS = {
    "has:phone": _PHONE,
    "has:percent": _PERCENT,
    "has:amount": _AMOUNT,
    "has:mail": _MAIL,
    "has:host": _BARE_HOST,
}
_SIGNS_TOLD = 3  # of a kind: ! and !! and !!! are three signs, more are as three


def signs(readable: str, html: str) -> Iterator[str]:
    """The structural tokens of a post, from its `readable` text with decorations and its body's HTML.

    Ratios and lengths fall into bands, amounts into two for every power of ten. Where there is no letter or
    number to read, decorations say nothing that one could act on: only hosts are told.
    """
    text, html = readable[:LONGEST_READ], html[:LONGEST_READ]
    hosts = {host.lower().rstrip(".-") for host in re.findall(_HOST, html)} if "://" in html else set()
    if _HOST_END.search(text):
        hosts.update(host.removeprefix("www.") for host in re.findall(_BARE_HOST, text))
    for host in sorted(hosts):
        yield f"host:{host}"
    if hosts:
        yield "has:host"
    if not _LETTER.search(text):
        return
    if "@" in text:
        for host in sorted(set(re.findall(_MAIL, text))):
            yield f"mail:{host}"
            yield "has:mail"
    if _NAME.search(text):
        for name in re.findall(_LATIN_CONTACT, text):
            yield f"contact:{name}"
        for name in _KANA_CONTACTS:
            if name in text:
                yield f"contact:{name}"
    numbers = _NUMBER.findall(text)
    if numbers:
        yield from _numbers(text, sorted(set(map(len, numbers))))
    marks = _MARK.findall(text)
    for sign, count in Counter(filter(_SIGNS.__contains__, marks)).items():
        yield f"sign:{sign * min(count, _SIGNS_TOLD)}"
    length = sum(map(len, text.split()))
    if length:
        digits = sum(map(len, numbers))
        yield f"share of signs:{min(len(marks) * 30 // length, 10)}"
        yield f"share of digits:{min(digits * 30 // length, 10)}"
    yield f"length:{length.bit_length()}"


def _numbers(text: str, lengths: Sequence[int]) -> Iterator[str]:
    for digits in lengths:
        yield f"number:{min(digits, 12)}"
    if re.search(_PHONE, text):
        yield "has:phone"
    if "%" in text and re.search(_PERCENT, text):
        yield "has:percent"
    amounts = _AMOUNT if any(map(text.__contains__, _MONEY)) else _AMOUNT_OF_UNITS
    for match in re.finditer(amounts, text):
        yield "has:amount"
        yield f"amount:{_amount(match)}"
    wages = _WAGE if re.search(_PERIOD, text) else _JAPANESE_WAGE
    for one, other in re.findall(wages, text):
        yield f"wage:{one or other}"


def has_contact(readable: str, html: str) -> bool:
    """Whether there may be an address, a number to call or a way of contact by its name: rather too often."""
    if "@" in readable or _ANY_ADDRESS.search(readable) or _ANY_NUMBER.search(readable):
        return True
    written = html.lower()
    if "//" in written or "@" in written or "href" in written or "tel:" in written:
        return True
    return bool(re.search(_ANY_NAME, readable) and re.search(_ANY_CONTACT, readable))


def spans(readable: str, token: str) -> Iterator[tuple[int, int]]:
    """Where in `readable` a structural token stands; lengths, shares and what the HTML holds: nowhere."""
    text = readable[:LONGEST_READ]
    kind, _, value = token.partition(":")
    if kind == "sign" and value:  # signs that stand apart are counted together: !a! is told as !!
        yield from (one.span() for one in re.finditer(f"{re.escape(value[0])}+", text))
    elif kind in ("host", "mail", "contact", "wage"):
        start = text.find(value) if value else -1
        while start >= 0:
            yield start, start + len(value)
            start = text.find(value, start + len(value))
    elif kind == "number":
        yield from (one.span() for one in _NUMBER.finditer(text) if str(min(len(one[0]), 12)) == value)
    elif kind == "amount":
        yield from (one.span() for one in re.finditer(_AMOUNT, text) if _amount(one) == value)
    elif token in _HAS:
        yield from (one.span() for one in re.finditer(_HAS[token], text))


def _amount(match: re.Match[str]) -> str:
    groups: Sequence[str] = ("", "", "", *match.groups(""))[-6:]
    sign, first, first_times, second, second_times, unit = groups
    times = _TIMES.get(first_times or second_times or unit, 1)
    return f"{sign or unit}:{_band(float((first or second).replace(',', '')) * times)}"


def _band(amount: float) -> str:
    """`amount` to half a power of ten: 3e4 stands for 30,000 up to 100,000."""
    if amount < 1:
        return "0"
    power = len(str(int(amount))) - 1
    return f"{3 if amount >= 3 * 10**power else 1}e{power}"
