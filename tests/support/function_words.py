"""Which posts hold Hindi or Urdu in Latin letters at all, judged without the detector.

The collections that are labelled `hi-Latn` and `ur-Latn` are of places and times, not of languages: many of their posts
are English, some Punjabi or a name. So accuracy is also given on the posts with a function word of the two. The
list is the grammar's closed classes (pronouns, postpositions, the copula and auxiliaries, negations, question words,
conjunctions) in their usual spellings; neither the held-out posts nor the words that detection uses went into it, and
spellings that are words of English or of a large European language (`the`, `main`, `par`, `us`, `hum`) are not in it.
"""

from __future__ import annotations

import re

from processing.tagging.language.detector import cleaned

_PRONOUNS = """
mera meri mere mujhe mujhko mjhe mujhy mjy maine hamara hamari hamare humara humari humare hmara hmari hmare humein
humko hamein tera teri tere tujhe tujhko tumhara tumhari tumhare tmhara tmhari tumhe tumhein tumko tumne aap aapka
aapki aapke aapko apka apki apke apko yeh ye woh wo inka inki inke inko unka unki unke unko iska iski iske isko uska
uski uske usko isne usne inhe unhe unhone inhone jiska jiski jiske jisko jisne jinka jinki jinke jinko apna apni
apne kisi kisne kiska kiski kiske kisko koi kuch kuchh kch sab sabko sabse
"""
_POSTPOSITIONS = "ko se mein mai pe tak liye lye saath sath wala wali wale waly baad pehle phele ka ki ke ne"
_VERBS = """
hai hain hy hen hein ho hoon hun hu tha thi thay hoga hogi honge hota hoti hote hua hui huye raha rahi rahe rha rhi
rhe rhy gaya gayi gaye gya gyi gia kiya kia diya dia liya karo kro karna krna karta karti karte krta krti krte kare
karke kar kr sakta sakti sakte skta skti skte chahiye chahye
"""
_OTHERS = """
nahi nahin nhi nai ni mat na haan han kya kia kyu kyun kyon kyo kaise kaisa kaisi kese kaun kon kahan kidhar kab
kitna kitni kitne jab tab agar agr lekin magar aur phir fir kyunki kyuki ya bhi hi toh jo jaise jese waise aise aisa
aisi itna itni itne bahut bohot bohat bht buht abhi kabhi yahan wahan idhar udhar bas sirf
"""
_TAKEN_LISTED = """
ho hi ya na mat sab par se ne ke ka ki ko ye jo ni hen hun hu kon kia dia hui tab bas mai han wo hua kar fir tak
gaya mera meri mere tera teri tere pe hoon agar phir
"""
_TAKEN = frozenset(_TAKEN_LISTED.split())
"""Of these, words of other languages too: they tell nothing alone, but two different ones do."""
_ALL = frozenset(f"{_PRONOUNS} {_POSTPOSITIONS} {_VERBS} {_OTHERS}".split())
_WORD = re.compile(r"[^\W\d_]+")


def holds_hindustani(text: str) -> bool:
    """Whether a text in Latin letters has a function word of Hindi or Urdu: one that is theirs alone, or two others."""
    found = _ALL.intersection(_WORD.findall(cleaned(text).lower()))
    return bool(found - _TAKEN) or len(found) > 1
