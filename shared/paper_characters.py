"""Which characters of a text cannot be printed, and how many lines it takes on paper.

The list is that of assets/fonts/charset.txt, which assets/fonts/build.py writes beside the fonts; a
test compares the two and prints the lines below anew.
"""

from __future__ import annotations

import base64
import unicodedata
import zlib
from functools import cache

CHARACTERS_A_LINE = 42
"""Of a statement on A4: 160 mm of 10.5 pt characters."""
MOST_LINES = 96
"""Of one text: two pages, which is what 4,000 characters take (shared/records/kind.py, LONG)."""
_BELOW_10000 = (
    "c-rk)dsq`!7QZu@gdqkPLO`GjV|b%Nc&R*;A;gxKimM1(TpntRXe|{G3vM$Yp;1IIP|Bj#g!-Te^?|L5brY!wEh<nIu-"
    "!@uz8^)Uf)HRfJQPu|?tb6yAN%F^eRt-*a_+h3o^#J{0ssKi2!vpCn}Pv~0#x0JtINRq8Hf-=@EVZtcq9FkiZ)P&S}+("
    "{NdpZu_}_vBgh{u+bhC8Y3-M<<QnkzQ1Lyqk!N{ld2A{N10#f0XvIP%upbvnHVko5XQ4^3i)@Ar2&>N#~R4+}fwW4OI9"
    "tnojp^qaI0b<P||GCYn{uc~AQWv7iffwyhWYGTo^#(91U%ZK%5U=UO0rcW9I^=lcCY5KYj2xBJ#soC*z+UO5k$<kR`lo"
    "{703h%&cLI%<KcBlaHpa{mV-YVYhK<)C$Jy9e##L8wVl0*ZW56SJe=Zn@)%zIV`UDD0Uh51fK(IGj9DPZLHvngxqruVt"
    "en^s|@3N<~*Tq35l_ESgJEXl-wY<X@p5Q~M=45rHtj(s@^|X0ReozdzZ?5Yr4M_}8-lI-RmiCz)l-S*A;-$^HzPT%)J$"
    "5cQ?A6qogoSTyu;p-hRW)`NmY~=GVUdbpL=k6)Do_OQfiamfbv?)OW0j{(`5&fk&F!-q3Ym5W#jE9YtIj#<r~Gip(JQ{"
    "bC<BoiLE5+Vymjlv_8}sD0G*4H{Wc>|0Iro(|9-jU=To8tkH~#%eTkZL-jB0CrrJH1b+zBFRn18GL8tGnaOijUD?N!0J"
    "#y2smJWI6_4jp;Ri+u(?!J7mei<VQd%Wq<(w1y?c@8Lv<vB+@Ox|4@NxK9t6!MmA6~*NkaLoC}acYH8DTx6j=l(?7@|$"
    "53Aqk7pnJ?=9v^QS<!>mo+(=N8$ol$kZ`Pc#dQr^r9$rk)vx>Z~pj~#^@!^BkD^y&Z_z_@@5urPmGp7f*q!~K$p`L#WC"
    "8$8V7n$>yV6YWR<p|dA()<S-X%7D4U4&H$I%)sY<#(KJIF$f9*mJU8f>;%I=2X!ih6)2A7kyC(5zR75+<*A*;LTb{-ZJ"
    "n5o(%A>v^OubEZpRGSlw+L*e~kieWVl_5(D5vhnW5<udaP*Tmf*$be~J!P7KIbjK_LfN;;bS9qys4z#N4d?B68i1c<;)"
    "nG<R1l&X0kFpKjQuYJ7y>T}0^4X99Zt*_N!5EjJGECqm$XtZ_!B>2dRYZ^5giyp2bzSLCj>e;~Y`;L(<i7wFo~w%#T8m"
    "xsA5E}eIBqKPudS$;;flo8nGlz!C~kVFU<-|Hj;z>mizT}T0<W2AONoFw{gWz9(_P__%r{A>FCJ53n<Su;(z6}?Hn?&<"
    "CL`C*1{z<psBV!gI!ieh_f<up;#T%WR}zlQ|3t|BH_hs$gVCWraDVtXHpIQ}FTvpELd<74Y(hE|axpT+7}fM5i|YvS(V"
    "x$9$tOg{spab`t%iH~z~a}{x;qa*9rCa<DXWyuNlyZX*8xo}Bv3~R+npM**^AMqgI-9JHxP8JiVJ*<{rTJzJF2g;g{+R"
    "GA4%O227MG;9>lATgnOPv&E>`D=adIBo*G8~&D1{Y-R54G&4(@mCJ%vlkmN9tSZe~Ey+_xvxW8T47KHzDnEQRZU(T@cQ"
    "Y0)$M3Mcl|7KnsipFk7G4OhBe1Av$nV?*ZuxZnFX0ivZJW4nZs?a)Puz(Z__h*>aWAl<dZ8x8JJujy%nE42kZ~HOcPzP"
    "?!47sQa&u7w-K{vUK}`(hufPciX+Mt?B$s-!<OzPD`C@>Z1aF$D-y!Q#|3)Ue6LkL*wXWCs99+;%*Ui<wkm^!^M({sxC"
    "bY7G!P&3%~w(nWC6z5JbBsa^it;k!6@Ooyj0*m1^a9Y!(W*Y_LPE@`<R1s3i&I=+mv9dUWhm!zqOWVRR>yAbo*-I9gxt"
    "Gs!9^9osoY-<FA<=OHpe?cD&|3k=&1W;hAH?yR)Dm|KdF;79|_Y=tPA*0E=Dq2TsL>ub5y02cx1Fh&#vtgB19Tld92`T"
    "MaC9QN6CSL<)v(Dye?2zvU{oob0%e|m!~lz~7%uyDDeUW`e%ejY79G;hk)V6(V9&gOvPrv2Vez2m>L+2sFE9RtZ4jx00"
    "L!M#D7S09Xu!JW(gu>rx6M&!y{O<N)r`HLiuAY*R1(r_n1W34j*txg*m<i0s}#cJ0LD^2$A4s~w)=1%gFh%XbKSc6Suj"
    "<{p%?h+`1&)x3ChV}DwxfrTWvApowx;wr5Wa%L;+c-Ko09_YoZ=Kp)0j-|5QS!Dn5LX0)GzkC=pQfz3d1SQ{nhH?<_p6"
    "J+{;(|PfRBD<hR6y-XD1RjmrcRDdFQ;@P$kB+jy{_fEG~?co<X2g8a_Z_jAsFO|07p{?&Bi2>k=px*B)>nk$5<p6GJJO"
    "cquol^93py@i*~vg4O<<$I)H!auMU5CDHKW<m(brtK2b!m%XAgGfZ`&%ixLDy|042ICQ{($*ZP*r)U12|0Log#V4oa5p"
    "IH;5mi9)_8DTbx0bBUpr0;+J^kn?YXJww#ID9+Nj$@5$J12c;U9qroSA%c(u0ih6l!O@g!;!-l~@u${ZipYo=l$kOIpM"
    "=6-By7@>wa6Ud!<V-v%GCU}(84dkVWfr7>LyqSB1%kwVXVH&p_s8Xd~tA1M6*gL1SDx2D6!q&KRi;A4>C{G%i==2UIj4"
    "5!)UETjQ34)_oWtD{|MF5rZvQK4S8yn@e@kgFFBYO!c@->mn`LLB&#8gh}C=1zocoMtB`wNKhx`fSrhrvw2$%8Ef50Aa"
    "hw<-y+Xij*7d&SIR>H0(WJ*Gw<ytwjhjeLHvCLcj+2Wi{gv2R!>1qvf5;F~v-B$54n9YPLWQatsFg3TYx<;%d*&MWrr%"
    "gSDJWHjXgnp;{}Au$Os<@);j*nbr-QS!@y|J+6c|e}CV2_gzOkpQ8+FjJ7_mr)4BK8uGA+)DH#)2r?E|Rt$?lC-}C0>*"
    "J|P_;8Dj@av}g?<nJzHcGR#r$zCKbhJyRF1R9Wuc*rOYAnNkn~kM~>WE=@ZNF&cCyiaVq#jx<)(xJ3?4*rBzObRqstYj"
    "|xkO%IkqGhXxY~5eVS@;%Ta^5jZxi8Y4mxPZuHy{BCnuhyxYXoN`~$>%wZnjf{Wo-US_0_PANd_^e!;+s?h8OrfDL=;H"
    "(XmID6@OgpehRQn3qkhmiG(QHE1k(H94>c92(Y+2Z||5u98zLq~nqHhr>Y!eQ)R(#!P*?7}%q!tW=adYuta3{U+S+VLR"
    "3Je7ELr$QOqKy^Ct0%oQT-`BDO4YjRrICl6$RWgsRCrWdBgN?_X1TywB}kY6e_-@Y1Xpn(P&XrO@x8fftUhJI>H2zz^b"
    "CkcfB{0rSabp!"
)
"""A bit for each code point up to U+FFFF, packed (zlib, base85)."""
_BEYOND = (
    "𠅤𠙶𠳐𡎚𡐓𣗋𣲗𣲘𣸣𤧛𤩽𤫉𥔲𥕢𥖨𥻗𦈡𦒍𦙶𦝼𦭜𦰡𧿹𨐈𨙸𨚕𨟠𨭉𨱇𨱏𨱑𨱔𨺙𩽾𩾃𩾌𪟝𪣻𪤗𪨰𪨶𪩘𪾢𫄧𫄨𫄷𫄸𫇭𫌀"
    "𫍣𫍯𫍲𫍽𫐄𫐐𫐓𫑡𫓧𫓯𫓶𫓹𫔍𫔎𫔶𫖮𫖯𫖳𫗧𫗴𫘜𫘝𫘦𫘧𫘨𫘪𫘬𫚕𫚖𫚭𫛭𫞩𫟅𫟦𫟹𫟼𫠆𫠊𫠜𫢸𫫇𫭟𫭢𫭼𫮃𫰛𫵷𫶇𫷷"
    "𫸩𬀩𬀪𬂩𬃊𬇕𬇙𬇹𬉼𬊈𬊤𬌗𬍛𬍡𬍤𬒈𬒔𬒗𬕂𬘓𬘘𬘡𬘩𬘫𬘬𬘭𬘯𬙂𬙊𬙋𬜬𬜯𬞟𬟁𬟽𬣙𬣞𬣡𬣳𬤇𬤊𬤝𬨂𬨎𬩽𬪩𬬩𬬭𬬮"
    "𬬱𬬸𬬹𬬻𬬿𬭁𬭊𬭎𬭚𬭛𬭤𬭩𬭬𬭯𬭳𬭶𬭸𬭼𬮱𬮿𬯀𬯎𬱖𬱟𬳵𬳶𬳽𬳿𬴂𬴃𬴊𬶋𬶍𬶏𬶐𬶟𬶠𬶨𬶭𬶮𬷕𬸘𬸚𬸣𬸦𬸪𬹼𬺈𬺓"
)

_SHAPELESS = frozenset({"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"})


@cache
def _bits() -> bytes:
    return zlib.decompress(base64.b85decode(_BELOW_10000))


def is_printable(character: str) -> bool:
    """Return whether the printed fonts have a character; blanks and control characters count."""
    code = ord(character)
    if code > 0xFFFF:
        return character in _BEYOND
    return (
        bool(_bits()[code >> 3] >> (code & 7) & 1) or unicodedata.category(character) in _SHAPELESS
    )


def missing_characters(text: str) -> tuple[str, ...]:
    """Return the characters of a text that no font of ours has, each once, in order."""
    return tuple(dict.fromkeys(c for c in text if not is_printable(c)))


def lines_on_paper(text: str) -> int:
    """Return about how many lines a text takes on paper."""
    return sum(max(1, -(-len(line) // CHARACTERS_A_LINE)) for line in text.splitlines())
