"""Hindi and Urdu words as people type them in Latin letters: `python -m tests.benchmarks.hindustani` lists them.

It writes processing/tagging/language/hindustani.txt. There is no spelling to look up: people leave vowels out (`karna`,
`krna`), write one for two (`aap`, `ap`), `y` for a last `e` (`krny`), no nasal (`hain`, `hai`), no `h`. So a word
is given once, in full, and its spellings follow; verbs are given as stems. Spellings that are common words elsewhere
are left out, by `wordfreq` (`pip install wordfreq`), except the commonest words, which `word_lists` lists.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

LISTED = Path(__file__).parents[2] / "processing" / "tagging" / "language" / "hindustani.txt"

_OFTEN, _OFTEN_IN_ENGLISH = 2e-5, 2e-6
"""Shares of a language's words from which on a word is common in it; English is what the two are mixed with."""
_RELATED = frozenset(["hi", "ur", "bn"])

_HABITS = (
    ("aa", "a"), ("ee", "i"), ("oo", "u"), ("ain$", "ai"), ("ein$", "e"), ("on$", "o"), ("(?:e|ai|ay)$", "y"),
    ("i$", "ee"), ("(?<=[^aeiou])[au](?=[^aeiouy][aeiou])", ""), ("(?<=[^aeiou])a(?=[^aeiouy]$)", ""), ("w", "v"),
    ("(?<!^)h(?=[aeiou])", ""),
)  # fmt: skip
"""What may be written otherwise, and how."""

_WORDS = """
hai hain hoon tha thhi thay hoga hogi honge hota hoti hote hona hua hui huye hue hojaye hojayega hogaya hogayi hogaye
nahi nahin nahee nai kya kyaa kyu kyun kyon kyunki kyonki kiyun kyunke kyuki kyuke kiyu kyo kaise kaisa kaisi kahan
kahaan kidhar idhar udhar jidhar kaun kon kisne kisi kisko kiska kiski kiske kitna kitni kitne kab kabhi kabhee jab
jabki tabhi abhi kuch kuchh koi sabhi sabko sabse sabka sabki sabke yeh woh wohi wahi yahi yahan yahaan wahan wahaan
vahan yahin wahin vaise waise aise aisa aisi aisay jaise jaisa jaisi waisa waisi itna itni itne utna utni utne jitna
jitni jitne kahi kahin tak bhee toh mera meri mere merko mujhe mujhko mujhse mujhay hamara hamari hamare humara humari
humare hame hamen humein hume humko hamko humse humne maine mene tujhe tujhko tumhara tumhari tumhare tumhe tumhein
tumko tumse tumne tera teri tere aapka aapki aapke aapko aapne aapse apne apna apni apnay unka unki unke unko unse unhe
unhen unhone uska uski uske usko usse usne iska iski iske isko isse isne inka inki inke inko inhe inhone jiska jiski
jiske jisko jisne jisse jinka jinki jinke jinko jinhone jinhe jisme isme usme kisme jismein ismein usmein unmein inmein
tumlog hamlog humlog aaplog aur lekin magar agar warna varna phir phirbhi isliye isiliye islie taaki balki sirf bilkul
bilkool shayad zaroor zarur jaroor jarur bahut bohot bahot bohat bhohot zyada jyada thoda thora thodi thori thode thore
matlab mtlb accha acha achha achchha acchi achhi acche achhe theek thik theak sahi galat ghalat bura buri bada badi bade
bara bari bare chota choti chhota chhoti naya nayi naye purana purani purane pehle pehla pehli pahle pahla pahli baad
saath liye liay wala wali wale walay walon baare mein andar bahar upar oopar neeche niche paas saamne samne taraf tarah
trah tarha waqt wqt samay din raat subah shaam aaj kal parson saal mahina hafta ghar log logo logon banda bandi bande
ladka ladki ladke larka larki larke larkiyan bacha bacche bachche bachay aurat aadmi insaan insan dost doston yaar yaaro
bhai bhaiya bhaijaan behen behan bhen baap beta beti bete chacha mamu baat baatein baaten cheez chiz cheezein kaam paisa
paise paisay rupay duniya dunya zindagi jindagi zindgi pyar pyaar mohabbat muhabbat jaan khuda allah bhagwan khushi
khush dukh gham dard sach jhoot jhooth jhut sawal jawab mulk desh awam awaam janta sarkar sarkaar hukumat hukoomat qaum
qoum kaum mazhab musalman musalmaan hindustan hindustani bharat chunav gaddar ghaddar chor lutera besharam besharm
sharam sharm lanat laanat kutta kutte kuttay harami haraami saala saale salay bakwas bakwaas ullu pagal paagal bewakoof
bewaqoof gadha zara jara jaldi dheere aaram pata maloom samajh samjh yaad khatam khatm shuru band bnd khula khud khudko
apas aapas haan haanji shukriya shukria dhanyavad dhanyawad mubarak mubaarak salam salaam namaste janab sahab sahib
inshallah mashallah alhamdulillah subhanallah ameen aameen chahiye chahie chahta chahti chahte chaiye sakta sakti sakte
saka sake saki paya payi paye payega wajah tareeqa tareeka tarika masla maamla mamla haal halat haalat khabar ummeed
umeed umid koshish kosish bharosa garib gareeb ameer mehnat mazaa maza mazak mazaak mazaq gussa gusse dimag dimaag
dimagh aankh aankhen ankhon haath hath munh muh khoon khun maut mout zinda jinda mard ishq nafrat izzat ijjat ghairat
gairat himmat takat taqat ekdum dono teeno saari sara saara saare sari saray poora pura puri poori poore adha aadha kafi
kaafi hamesha humesha kabse tabse jabse tabtak abtak jabtak abey arrey areh
raha rahi rahe gaya gayi gaye gya gyi gye diya liya liye kiya kiye kia dia lia hogya hogyi hogai karliya kardiya karlo
kardo karde kardi karungi karunga jaega jaegi jayega jayegi jayenge jaunga jaungi aaunga aayega aayegi aayenge aaya aayi
aaye aata aati aate jaata jaati jaate jata jati jate jana jaana aana dena lena deta deti dete leta leti lete dega degi
denge lega legi lenge dunga dungi lunga lungi dijiye lijiye kijiye batao bataye
"""
_STEMS = """
kar jaa aa de le bol dekh sun keh kah mil lag rakh chal bana samajh samjh maar khaa pee beech bech khareed kharid jaan
pahunch uth baith bhej likh padh parh sikh seekh soch puch pooch dikh dikha bata chod chhod chhor nikal nikaal pakad
pakar ruk rok daal maan bach bacha ban bun khel gir gira haar jeet ro has hans ghum ghoom badal bhul bhool laa rah reh
chuk sak pa khul khol sudhar bigad mang maang hat hata mita jal jala kaat kat lad lar jhel chipka karwa bulwa bula
sambhal dhundh dhoond bhag bhaag
"""
_ENDINGS = """
na ne ni ta te ti kar ke o oge ogi ega egi enge engi unga ungi oonga oongi iye iyega a i e ya yi ye yega yegi yenge ao
aya ayi aye ayega aana
"""


def spellings(word: str) -> set[str]:
    """A word in full and every way to write it that `_HABITS` allow, of three letters at least."""
    found = {word}
    for usual, written in _HABITS:
        found |= {re.sub(usual, written, each) for each in found}
    return {each for each in found if len(each) > 2}


def hindustani() -> Iterator[str]:
    """Every word in full."""
    yield from _WORDS.split()
    for stem in _STEMS.split():
        yield from (stem + ending for ending in _ENDINGS.split())


def _common_elsewhere() -> set[str]:
    wordfreq = import_module("wordfreq")  # a tool of this script alone
    common: set[str] = set()
    for code in set(wordfreq.available_languages()) - _RELATED:
        least = _OFTEN_IN_ENGLISH if code == "en" else _OFTEN
        common.update(word for word, share in wordfreq.get_frequency_dict(code).items() if share >= least)
    return common


def main() -> None:
    """Write the file."""
    listed = sorted({each for word in hindustani() for each in spellings(word)} - _common_elsewhere())
    LISTED.write_text("\n".join(listed) + "\n", encoding="ascii")
    print(f"{LISTED}: {len(listed):,} spellings, {LISTED.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
