"""Languages that no detector knows, identified by common words: Hindi and Urdu in Latin letters, Nigerian Pidgin.

The lists hold function words and verbs, not subjects, so they work for any topic. A strong word is common in its
language and rare in every other. A weak word (`ka`, `me`, `don`) counts only in a text with a strong one.
"""

from __future__ import annotations

import re
from importlib import resources
from typing import NamedTuple


class Guess(NamedTuple):
    """A language and its probability, from 0 to 1.

    `spelling` says whether the spelling distinguishes it from its sister language.
    """

    language: str
    confidence: float
    spelling: bool = True


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_HINDUSTANI = _listed("""
    hai hain nahi nahin nhi kya kyu kyun kyon kaise kaisa kaisi kahan kahaan kaun kuch koi bhi bohot bahut bahot yeh
    woh mera meri tera teri tere hum tum aap mujhe tujhe mujhko unka unki unke uska uski uske iska iski iske apna
    apni apne hota hoti hote hua hue raha rahi rahe gaya gayi karo karna karne karta karti karte kiya diya
    wala wali wale bhai yaar yar abhi phir log logo logon matlab accha acha achha theek jab jaise
    lekin agar kyunki kyuki aur hoga hogi honge chahiye sakta sakti sakte bolo bola dekho dekha suno baat zindagi
    kisi jisne jiske jiski jinka unko usko isko humko tumko aapko apko kitna kitni kitne aise aisa aisi waise
    haan saath bolta bolte jata jati jate aata aati lagta lagti wahi yahi
    """)
_URDU = _listed("""
    hy hn hein nai nahe mjhe mujhy tmhy tmhara mery tery apny krna krne krta krte krti kro krdo krke rha rhi rhe rahy
    kia gia dia bht bhot buhat boht kch kuchh agr mulk awam awaam mashallah inshallah shukriya janab sahib qoum
    zaroor hukumat lanat kyn thay walay waly saray sary yahan wahan sath aik apki apke hamari hamara mjy tmhe
    """)
_SPELLINGS = resources.files("processing.tagging.language").joinpath("hindustani.txt")
HINDUSTANI = _HINDUSTANI | _URDU | _listed(_SPELLINGS.read_text(encoding="ascii"))
"""Strong words of Hindi and Urdu, with the spellings that `tests/benchmarks/hindustani.py` lists."""
_URDU_SPELLING = _URDU | _listed("ny sy ky py ha hun ap jb yh bhe nay tou")
_HINDI = _listed("""
    main kyun bharat desh sarkar janta namaste dhanyavad jai hind shri bhagwan ji
    liye kaam bahut kaise aaj yaar jata mujhe dekh tha
    """)
_HINDUSTANI_WEAK = _listed("""
    ka ki ke ko se me ne ho na ye wo tha thi the par pe ab hi kar ek is us jo ma ha ap ni kr h k tu toh sab mein main
    ji mat hu hun ny sy ky tm bc or aj mere
    """)
_PIDGIN = _listed("dey wetin abeg wey sabi comot wahala naija sef oga waka pikin shey wan")
_PIDGIN_WEAK = _listed("una na don no fit go be am make like chop o ooo oo say come person sha dem dis dat for")

NO_EVIDENCE = _listed("""
    tiktok tiktoks tiktok's tiktoker tiktokers tiktokban tiktokshop ticktock ticktok tictok tictoc tik tok toks
    тикток тиктока тиктоке тиктоку тиктоком тик ток тока douyin bytedance capcut lemon8 rednote xiaohongshu musically
    amazon instagram insta whatsapp facebook twitter youtube youtuber youtubers snapchat telegram mastodon bluesky
    threads reddit reddits discord twitch google android apple iphone microsoft oracle walmart netflix spotify wechat
    huawei tencent alibaba temu shein meta linkedin pinterest samsung chatgpt openai uber paypal ebay trump biden
    ban usa app apps ceo online ok okay lol lmao lmfao omg wow oh ah hmm haha hahaha hahahaha hahah ahah hehe hehehe
    jaja jajaja jajajaja kkk kk wkwk wkwkwk fyp foryou foryoupage rt url user http https html www com amp
    """)
"""Names, loan words, laughter and words that networks add to posts. They occur in many languages, so they are no
evidence."""

_WORD = re.compile(r"[a-z]+")
_ENOUGH_PIDGIN = 0.1
_ENOUGH_HINDUSTANI = 0.15


def romanised(text: str) -> Guess | None:
    """Return the language of a text in Latin letters if it is one of this module's, else None."""
    words = _WORD.findall(text.lower()[:600])
    known = set(words)
    pidgin = _share(words, known, _PIDGIN, _PIDGIN_WEAK)
    hindustani = _share(words, known, HINDUSTANI, _HINDUSTANI_WEAK)
    if pidgin >= max(_ENOUGH_PIDGIN, hindustani):
        return Guess("pcm", min(0.95, 0.6 + pidgin))
    if hindustani < _ENOUGH_HINDUSTANI:
        return None
    urdu, hindi = len(known & _URDU_SPELLING), len(known & _HINDI)
    return Guess("ur-Latn" if urdu > hindi else "hi-Latn", min(0.95, 0.6 + hindustani), urdu != hindi)


def _share(words: list[str], known: set[str], strong: frozenset[str], weak: frozenset[str]) -> float:
    """Return the share of the words that are in the lists, with weak words counted half; 0 without a strong word."""
    if known.isdisjoint(strong):
        return 0.0
    return sum(1.0 if word in strong else 0.5 if word in weak else 0.0 for word in words) / len(words)
