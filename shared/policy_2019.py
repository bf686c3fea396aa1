"""The texts a season ships with: door scripts, and the policy pages (附件4).

The centre edits them; nothing reads them as rules. Dates and rates are those of the 2019 season
(12-20 due day, 130 % after it, settling days of early repayment); what a county handles its own way
says so and leaves it to the centre. A paragraph in brackets is for the teacher, not to be said.
"""

from __future__ import annotations

from shared.policy import SCRIPT, PolicyPage

SCRIPTS_2019 = (
    PolicyPage(
        key="open-self",
        section=SCRIPT,
        title_zh="见到本人或共同借款人",
        title_en="To the borrower or co-borrower",
        zh=(
            "您好，我们是学校的老师，这是工作证，今天来送一份助学贷款的还款提醒。",
            "今年的应还日是12月20日，在这之前还上就行；怎么还我带着说明，可以慢慢念给您听。",
            "有不清楚的，或者家里有难处，请跟我们说，我们替您去问。",
            "我们不收钱，也不问密码和验证码。",
            "（先问清是本人或共同借款人，再说金额；旁边有别人，就到一边说。）",
        ),
        en=(
            "Hello, we are teachers from the school, here are our cards. We bring a reminder about the student loan.",
            "This year's due day is 20 December; paying before it is all there is to do. I can read you how, "
            "step by step.",
            "If something is unclear or things are hard at home, tell us and we will ask for you.",
            "We take no money and never ask for a password or a code.",
            "(Make sure it is the borrower or co-borrower before any amount is said; step aside if others are near.)",
        ),
    ),
    PolicyPage(
        key="open-family",
        section=SCRIPT,
        title_zh="见到家里其他人",
        title_en="To other family",
        zh=(
            "您好，我是学校的老师，找这位同学有事。",
            "麻烦请他（她）本人与学校或县资助中心联系，谢谢您。",
            "方便的话，这封折好的信请转交给他（她）。",
            "（不提是什么事，更不说金额。对方问起，就说“请他本人问学校”；不愿转交的，道谢后离开。）",
        ),
        en=(
            "Hello, I am a teacher from the school and would like to reach this graduate.",
            "Please ask them to contact the school or the county centre. Thank you.",
            "If it is no trouble, please hand them this folded letter.",
            "(Never say what it is about, still less an amount. If asked: “please let them ask the school”. "
            "If they would rather not, thank them and go.)",
        ),
    ),
    PolicyPage(
        key="open-neighbour",
        section=SCRIPT,
        title_zh="见到邻居或村干部",
        title_en="To a neighbour or village cadre",
        zh=(
            "您好，我是学校的老师，想找这位同学，一直没有联系上。",
            "要是见到他（她）或家里人，麻烦转告一声，请和学校联系。",
            "他们现在的电话或住处，您知道又方便说，就告诉我；不方便也没关系。",
            "谢谢您，打扰了。",
            "（只问联系方式，只请转告；什么事、多少钱，一句也不说。对方不愿意就停下，以后不再问这一家。）",
        ),
        en=(
            "Hello, I am a teacher from the school. I am looking for this graduate and have not been able to "
            "reach them.",
            "If you see them or their family, please tell them to contact the school.",
            "If you know where they live now or a number, and do not mind saying, please tell me; if you do "
            "mind, that is fine.",
            "Thank you, and sorry to trouble you.",
            "(Ask for a contact, ask to pass it on, nothing else: not what it is about, not how much. If "
            "they do not want to, stop, and do not ask there again.)",
        ),
    ),
    PolicyPage(
        key="refused",
        section=SCRIPT,
        title_zh="不愿签字，不愿谈",
        title_en="They will not sign or talk",
        zh=(
            "不签也没关系，签字只表示收到了，不表示您认可金额。",
            "这份通知您留着看，上面有怎么还、找谁问。",
            "您有什么疑问，我记下来，请县资助中心回答您。",
            "那今天就不打扰了，您忙。",
            "（不劝第二遍，不争。不肯收的通知带回来，不贴门，不塞门缝。离开后再记：拒签、原因、在场的见证人。）",
        ),
        en=(
            "It is all right not to sign: a signature only says it was received, not that you agree with the amount.",
            "Please keep the notice; it says how to repay and whom to ask.",
            "If you have a question I will write it down, and the county centre will answer you.",
            "We will not keep you any longer today.",
            "(Do not ask twice, do not argue. A notice they will not take comes back with you: never on the "
            "door, never under it. Write it down after you have left: refused, why, who saw it.)",
        ),
    ),
    PolicyPage(
        key="death",
        section=SCRIPT,
        title_zh="家里有人去世",
        title_en="There has been a death in the family",
        zh=(
            "对不起，我们不知道这件事。请您节哀。",
            "今天什么都不谈，您和家里人多保重。",
            "我们先走了。以后有要帮忙的地方，请找学校。",
            "（马上停下：不提贷款，不问经过，不拿出通知，不要材料，不拍照。）",
            "（离开后当天告诉联络员，由学校告诉县资助中心；走访结果记“已死亡”。核实以后，这一家不再上门。）",
            "（还款救助通常包括借款人去世的情形，怎么办、要什么证明，由县资助中心以后和家里人说，老师不去说。）",
        ),
        en=(
            "We are so sorry, we did not know. Please accept our condolences.",
            "We will speak of nothing else today. Please take care of yourselves.",
            "We will leave you now. If there is anything the school can help with, please tell us.",
            "(Stop at once: no word of the loan, no question how it came, no notice, no papers, no photo.)",
            "(The same day tell your liaison; the school tells the county centre. Record the visit as "
            "deceased. Once it is confirmed, nobody goes there again.)",
            "(Repayment relief usually covers the death of the borrower. What is done and which proof is "
            "needed, the county centre will tell the family later; the teacher does not.)",
        ),
    ),
    PolicyPage(
        key="cannot-write",
        section=SCRIPT,
        title_zh="不识字，不会写字",
        title_en="They cannot read or write",
        zh=(
            "我念给您听，有不明白的随时打断我。",
            "念完了。您听清楚了吗？哪里要再念一遍？",
            "您愿意的话，请在签收人这里按个手印，再请一位您信得过的人在旁边看着、签上名；这只表示收到，不表示认可金额。",
            "不愿意按也可以，我照实记下就行。",
            "（通知书只念给本人或共同借款人听，金额不让见证人听见；对其他家人只念下面的签收单。）",
            "（记录选“不会写字·按手印”，写上见证人姓名。不替对方写名字，不拉着手按。）",
        ),
        en=(
            "I will read it to you; stop me whenever something is unclear.",
            "That is all of it. Was it clear? Shall I read any part again?",
            "If you are willing, put your finger print here as the receiver, and ask somebody you trust to "
            "watch and sign as witness. It only says it was received, not that you agree with the amount.",
            "If you would rather not, that is all right too; I will write it down as it was.",
            "(Read the notice to the borrower or co-borrower only, out of the witness's hearing; to other "
            "family read only the slip below.)",
            "(Record “cannot write, thumb print” with the witness's name. Never write their name for them, "
            "never guide the hand.)",
        ),
    ),
    PolicyPage(
        key="paid",
        section=SCRIPT,
        title_zh="对方说已经还了",
        title_en="They say it is paid",
        zh=(
            "太好了，谢谢您，辛苦了。",
            "名单要过几天才更新，提前还款的要到下个月初才查得到，所以我们手里可能还没有。",
            "我记上“已还，待核对”，核对好了就不再上门。",
            "您愿意的话，让我拍一下付款凭证；账号和余额请先遮住，密码和验证码我们不要。",
            "（不说“系统里没有”，不让人再付一次，也不拿对方的手机来操作。）",
        ),
        en=(
            "That is good news, thank you.",
            "The list is some days behind, and an early repayment shows only at the start of next month, so "
            "we may not have it yet.",
            "I will note it as paid and to be checked; once it is, nobody will come again.",
            "If you like, let me photograph the receipt, with account and balance covered; we want no "
            "password and no code.",
            "(Do not say “the system has nothing”, do not ask them to pay again, and do not take their phone "
            "in hand.)",
        ),
    ),
    PolicyPage(
        key="hardship",
        section=SCRIPT,
        title_zh="家里有困难",
        title_en="Times are hard for them",
        zh=(
            "您别着急，先说说家里的情况，我们听着。",
            "国家有还款救助：借款学生残疾，或者家里困难又有重病人的，可以申请。",
            "学校会如实写一份情况说明交给县资助中心；要什么材料，我问清楚再告诉您。",
            "能不能办下来要由上级审定，我不能替他们答应，但一定把话带到。",
            "（继续读书、参军、到基层工作的另有政策，看政策里那一页。病历和证件要对方同意才拍。）",
        ),
        en=(
            "Please do not worry. Tell us first how things are; we are listening.",
            "There is repayment relief: one can apply when the borrower is disabled, or the family is poor "
            "with somebody seriously ill.",
            "The school writes down truly how things stand, for the county centre; I will find out which "
            "papers are needed and tell you.",
            "Whether it is granted is decided higher up. I cannot promise it, but I will pass on every word.",
            "(For further study, the army or grassroots work there are other rules: see their page. "
            "Photograph medical papers only when they agree.)",
        ),
    ),
    PolicyPage(
        key="anger",
        section=SCRIPT,
        title_zh="对方生气了",
        title_en="They are angry",
        zh=(
            "您生气我理解。我们是来送信、说政策的，不是来为难您的。",
            "您先说，我听着。",
            "今天不方便，我们就先走；您想问的时候，打学校电话就行。",
            "（不争辩，不说后果，不堵在门口。两个人一起离开；有人动手，马上走并告诉学校，必要时打110。）",
        ),
        en=(
            "I understand that you are angry. We came with a letter and to explain the rules, not to make "
            "things hard for you.",
            "Please, you first; I am listening.",
            "If today is not a good day we will go; call the school whenever you want to ask.",
            "(Do not argue, do not speak of consequences, do not stand in the doorway. Leave together; if "
            "anybody raises a hand, go at once, tell the school, call 110 if need be.)",
        ),
    ),
    PolicyPage(
        key="minor",
        section=SCRIPT,
        title_zh="只有孩子一个人在家",
        title_en="A child alone at home",
        zh=(
            "你好，我是学校的老师，来找你家大人，不着急。",
            "我改天再来。你把门关好，不用给我开门。",
            "（不进门，不问家里的事和电话，不说为什么来，不留通知，不让孩子签字，不拍照。）",
            "（说完就离开门口，记“无人在家”。觉得孩子需要帮助的，当天告诉学校。）",
        ),
        en=(
            "Hello, I am a teacher from the school, looking for your parents. There is no hurry.",
            "I will come another day. Keep the door shut, there is no need to open it for me.",
            "(Do not go in, ask nothing about family or numbers, do not say why you came, leave no notice, "
            "let the child sign nothing, take no photo.)",
            "(Then leave the door; record nobody home. If the child seems to need help, tell the school the "
            "same day.)",
        ),
    ),
    PolicyPage(
        key="fraud",
        section=SCRIPT,
        title_zh="对方怕是骗子",
        title_en="They fear a fraud",
        zh=(
            "您小心是对的。请先看工作证，也可以现在就打电话问学校。",
            "号码请您自己找来打，不用我报的。",
            "我们不收钱，不让转账，不问密码和验证码，也不发链接。",
            "接到这样的电话，挂掉就好；要是已经转了钱，请马上打110。",
            "（对方还是不放心，就道谢离开，请学校先打电话约好再来。）",
        ),
        en=(
            "You are right to be careful. Please look at my card, or call the school right now and ask.",
            "Take a number you find yourself, not one I tell you.",
            "We take no money, ask for no transfer, no password and no code, and we send no links.",
            "If you get such a call, just hang up; if money has gone already, call 110 at once.",
            "(If they still do not feel safe, thank them and go; let the school call first and come another day.)",
        ),
    ),
)
PAGES_2019 = (
    PolicyPage(
        key="due",
        title_zh="什么时候还，还多少",
        title_en="When it is due, and how much",
        zh=(
            "每年12月20日是应还日；合同的最后一年是9月20日。",
            "上学期间利息由国家补贴，毕业当年9月1日起由本人承担。",
            "本金从哪一年开始还，各份合同不一样，以合同和国家开发银行学生在线系统为准。",
            "借款学生和合同上的共同借款人一起承担还款。",
            "今年应还多少，看通知书；对金额有疑问，请问学校或县资助中心。",
        ),
        en=(
            "Each year's due day is 20 December; in a contract's last year it is 20 September.",
            "The state pays the interest while you study; from 1 September of the year you graduate it is yours.",
            "The year in which principal begins differs by contract: see the contract and the bank's student system.",
            "The borrower and the co-borrower named in the contract answer for it together.",
            "This year's amount is on the notice; with a question about it ask the school or the county centre.",
        ),
    ),
    PolicyPage(
        key="repay",
        title_zh="怎样还款",
        title_en="How to repay",
        zh=(
            "12月20日是今年的应还日，在此之前把应还本息存入合同约定的支付宝账户，或直接在线还清即可。",
            "支付宝搜索“国家开发银行助学贷款”，进入“在线还款”；家人也可以代为操作。",
            "工作人员不代收现金，不索要密码和验证码。",
        ),
        en=(
            "20 December is this year's due day: before it have principal and interest in the Alipay account "
            "named in the contract, or repay online.",
            "In Alipay search for the CDB student loan (国家开发银行助学贷款) and choose online repayment; family may "
            "do it for you.",
            "Staff never take cash and never ask for a password or code.",
        ),
    ),
    PolicyPage(
        key="steps",
        title_zh="支付宝一步一步",
        title_en="Alipay, step by step",
        zh=(
            "手机：打开支付宝，在上面搜索“国家开发银行助学贷款”，点进去，再点“在线还款”。",
            "电脑：登录支付宝，在“应用中心”里点“助学贷款还款”。",
            "核对姓名和金额，没有错再付款；付款凭证请留一张截图。",
            "家人可以用自己的支付宝代还，要填借款学生的支付宝账号和身份证号，请家人自己操作，不要把密码告诉任何人。",
            "还款账户忘了或登录不了，请问县资助中心或咨询电话。",
        ),
        en=(
            "Phone: open Alipay, search at the top for 国家开发银行助学贷款, open it, choose 在线还款 (repay online).",
            "Computer: sign in to Alipay, choose 应用中心 (applications), then 助学贷款还款 (student-loan repayment).",
            "Check the name and the amount before paying; keep a picture of the receipt.",
            "Family may pay from their own Alipay with the borrower's Alipay account and ID number. They do "
            "it themselves and tell nobody a password.",
            "If the account is forgotten or does not open, ask the county centre or the hotline.",
        ),
    ),
    PolicyPage(
        key="early",
        title_zh="提前还款",
        title_en="Repaying early",
        zh=(
            "随时可以申请提前还款，在国家开发银行学生在线系统里提交。",
            "10月16日至12月15日申请的，12月20日结清；12月16日至31日申请的，下月20日结清。",
            "申请以后，在结清日之前把钱存进合同约定的支付宝账户。",
            "结果要到下个月初才查得到，请不要重复付款。",
            "办理日期各年可能不同，以系统显示为准。",
        ),
        en=(
            "One can apply for early repayment at any time, in the bank's student system.",
            "Applied for from 16 October to 15 December it is settled on 20 December; from 16 to 31 "
            "December, on the 20th of next month.",
            "After applying, have the money in the Alipay account named in the contract before that day.",
            "The result shows only at the start of the next month; please do not pay twice.",
            "The dates may differ from year to year: the system decides.",
        ),
    ),
    PolicyPage(
        key="study",
        title_zh="继续读书、参军、到基层工作",
        title_en="Further study, army, grassroots work",
        zh=(
            "升学、专升本、读研的，请带录取材料及时到县资助中心变更就学信息，办好以后贴息和宽限期才会延续。",
            "参军、到基层就业的，可能可以申请国家代偿，请向县资助中心咨询。",
            "当年如有免息、延期还本等政策，怎样申请以县资助中心通知为准。",
            "这些情况不是拒绝还款，告诉老师，老师会如实记下。",
        ),
        en=(
            "Those who go on studying bring proof of admission to the county centre in time and have their "
            "study information changed; only then do subsidy and grace go on.",
            "For the army and for grassroots work the state may repay the loan: ask the county centre.",
            "If interest is waived or principal deferred in a year, the county centre says how to apply.",
            "None of this is refusing to pay: tell the teacher, who writes it down as it is.",
        ),
    ),
    PolicyPage(
        key="difficulty",
        title_zh="确有困难怎么办",
        title_en="When a family cannot pay",
        zh=(
            "继续读书的，带录取材料到县学生资助管理中心变更就学信息。",
            "因病、因残、因灾等确有困难的，由学校如实写情况说明，可申请还款救助。",
        ),
        en=(
            "Those still studying bring proof of admission to the county centre.",
            "For illness, disability or disaster the school writes a statement; relief can be applied for.",
        ),
    ),
    PolicyPage(
        key="relief",
        title_zh="还款救助怎么办",
        title_en="Repayment relief",
        zh=(
            "国家有还款救助：借款学生残疾，或者家里困难又有重病人的，可以申请；其他情形请问县资助中心。",
            "先告诉老师，由学校如实写一份情况说明，盖章后报县资助中心；能否救助由上级审定。",
            "能证明情况的材料请先留好，如残疾证、诊断书或住院病历、村（居）委会或民政部门的证明；要哪几样，以县资助中心答复为准。",
        ),
        en=(
            "There is repayment relief: one can apply when the borrower is disabled, or the family is poor "
            "with somebody seriously ill; for other cases ask the county centre.",
            "Tell the teacher first. The school writes a true statement, stamps it and hands it to the "
            "county centre; whether relief is granted is decided higher up.",
            "Keep what proves it, such as a disability card, a diagnosis or hospital record, a paper from "
            "the village or civil affairs; the county centre says which are needed.",
        ),
    ),
    PolicyPage(
        key="late",
        title_zh="过了12月20日还没还",
        title_en="After 20 December",
        zh=(
            "12月20日以后没有还的部分算逾期，从这一天起按正常利率的130%计罚息，早一天还就少一天。",
            "逾期会如实记入个人征信，以后办房贷、信用卡可能受影响。",
            "错过了也能补还：除11月外每个月都可以，20日之前把钱存进约定的支付宝账户。",
            "有难处，早一点告诉学校或县资助中心，一起想办法。",
        ),
        en=(
            "What is not paid by 20 December counts as overdue, with interest at 130 % of the normal rate "
            "from that day; each day sooner is a day less.",
            "It goes into the personal credit record as it is, and may affect a mortgage or credit card later.",
            "It can still be paid: in every month but November, with the money in the Alipay account before "
            "the 20th.",
            "If it is hard, tell the school or the county centre early, and a way will be looked for together.",
        ),
    ),
    PolicyPage(
        key="care",
        title_zh="防骗和您的信息",
        title_en="Fraud, and your information",
        zh=(
            "老师只送通知、讲政策，不收现金，不代转账，不要密码、验证码和银行卡。",
            "让您转账到私人账户、点链接、报验证码的，都不是我们。",
            "拿不准就先不办，自己打学校电话，或打咨询电话核实；已经转了钱的，马上打110。",
            "您家的情况只用于这次助学贷款服务，不公开，不张贴，不告诉邻居。",
        ),
        en=(
            "Teachers bring the notice and explain the rules; they take no cash, make no transfer, want no "
            "password, code or bank card.",
            "Whoever asks you to pay into a private account, follow a link or read out a code is not one of us.",
            "When in doubt do nothing yet: call the school, or the hotline, yourself; if money has gone "
            "already, call 110 at once.",
            "What we know of your family serves this student-loan work only: it is not published, not "
            "posted, not told to neighbours.",
        ),
    ),
)


POLICY_2019 = (*SCRIPTS_2019, *PAGES_2019)
