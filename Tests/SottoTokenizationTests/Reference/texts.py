"""The texts of the tests: those that tokenizers get wrong, and some to train small ones on."""

TRAINING = [
    "def __init__(self, width: int = 128) -> None:\n    self.width = width\n    return None\n",
    "The server learns nothing of the prompt but its length; the client learns the logits of what it asks for.",
    "for index in range(0, 1000):\n\tif index % 7 == 0:\n\t\tprint(index, 'is a multiple')\n",
    "don't we'll they've I'm you're she'd it's DON'T WE'LL", "Größe, Käse, naïve café, señor, façade, Übung",
    "日本語のテキストと漢字、そして中文字符。한국어 문장도 있습니다.", "Привет, мир! Это проверка. Γειά σου Κόσμε",
    "1234567890 3.14159 2026-11-28 0xDEADBEEF 1,000,000", "<html><body class=\"x\">&amp;</body></html>  \n\n  x",
    "ab ab ab abab aab abb ( a ) (b) ((c))", "e\u0301 o\u0308 \u0928\u092e\u0938\u094d\u0924\u0947 \u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35",
] * 3

CODE = [
    "import os\nimport sys\n\n\nclass Foo(Bar):\n    def method(self, *args, **kwargs):\n        return super().method(*args)\n",
    "int main(void) {\r\n\tprintf(\"%d\\n\", 0x1F & ~0b1010);\r\n\treturn 0;\r\n}\r\n",
    "SELECT * FROM t WHERE a >= 1e-5 AND b != 'it''s'; -- comment", "x = [i**2 for i in range(10) if i%2==0]\n\n\n\n",
    "const f = async ({a, b}) => `${a}${b ?? \"\"}`; // ok", "    \n\t\n  \t x\n   y  \n    z", "a_b-c.d/e\\f:g;h<i>j|k",
    "{\"key\": [1, 2.5, -3e10, null, true]}", "$HOME/.cache && rm -rf ./build || exit 1", "#!/usr/bin/env python3\n# -*- coding: utf-8 -*-",
]
UNICODE = [
    "\U0001F600\U0001F602\U0001F923", "\U0001F468\u200D\U0001F469\u200D\U0001F467\u200D\U0001F466", "\U0001F1E9\U0001F1EA\U0001F1FA\U0001F1F8",
    "\U0001F44D\U0001F3FD ok \u2764\uFE0F", "e\u0301\u0302\u0323 vs \u00e9\u0302\u0323", "o\u0323\u0302 o\u0302\u0323 \u1ed9", "a\u0300\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308",
    "\u1e9b\u0323 \ufb01 \u2460 \u3392 \uff21\uff22 \u212b \u2126 \u01c5", "日本語テキスト、漢字かな交じり文。", "中文字符没有空格,对吧?", "한국어 \u1112\u1161\u11ab\u1100\u1173\u11af", "ｶﾞｷﾞ ﾊﾟ １２３",
    "العربية مُشَكَّلة ٠١٢٣", "עִבְרִית", "नमस्ते दुनिया १२३", "ภาษาไทยไม่เว้นวรรค", "\u0915\u094d\u200d\u0937 \u0915\u094d\u200c\u0937", "Ελληνικά Όμηρος ΣΊΣΥΦΟΣ ς",
    "Ð ß ſ K ŉ ǰ İ ı ﬀ ﬆ", "Straße STRASSE ẞ", "x\u0338\u0338 \u20dd \u0488", "\u2160\u2171\u3007\u4e00 ½¼² ³¹ ①⑳", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𝟘𝟙𝟚 𐍈 𒀀", "\u00ad\u200b\u2060\ufeffz", "\ufffd\uffff\ufdd0\U0010ffff\ue000",
    "\u0378\u0530\U0001cef0\U00011de1\u088f\ua7ce", "\u0295\u0241 'ʕ", "\U000e0001\U000e007f", "\u1b35\u1b11\u1b35 \U00011935\U00011930 \u32ff \ua7f2",
    "'\u017f it'\u017f IT'\u017F don\u2019t \u02bcn", "\u0340\u0341\u0343 a\u0334\u0340", "\u0d4e\u0d15 \u1806 \u180e", "a\u030a\u0327 \u1e08 c\u0301\u0327",
]
SPACES = [
    "", " ", "  ", "   ", "\n", "\r\n", "\t", "a ", " a", "  a", "a  b", "a   b    c     d", "\n\n\na", "a\n\n\n", " \n \n ", "a \n b", "a\u00a0b\u2003c\u3000d", "\u2028\u2029\u0085x",
    "\x0b\x0c\x1c\x1d\x1e\x1f y", "a\u00a0 \u00a0b", " " * 40 + "x" + " " * 40, "\n" * 30, "\t \t \t", " \u200b ", "x \r\r\n\n\r y", "tab\tend\t", "    four\n        eight",
    "\u1680\u2000\u200a\u202f\u205f.", "'s 't 're ' s", "  's", " '", "''''", "a'b'c'll'd've",
]
CONTROL = [
    "\x00", "\x00\x01\x02\x7f", "a\x00b", "\x1b[31mred\x1b[0m", "\u0080\u009f", "\x08\x07\x00\x00\x00", "\ud7ff\ue000", "<0x0A>", "<0x41><0xZZ>", "▁", "▁▁a ▁b", "a▁b", "Ġ Ċ ĠĠthe", "ÃƒÂ©", "�",
]
RUNS = ["a" * 300, "ab" * 200, "!" * 100, "=" * 80 + "\n" + "-" * 80, "0" * 100, "12345678901234567890", "é" * 60, "\u0301" * 50, "漢" * 50, "\U0001F600" * 30, "aA" * 60, "'s" * 30, "." * 7 + "a", "(" * 20 + ")" * 20, "a b " * 60]
NUMBERS = ["1", "12", "123", "1234", "1,234,567.89", "3.14e-10", "٣٤٥", "x1y22z333", "1st 2nd 3rd", "v1.2.3-rc4", "²³⁴ ½ Ⅷ", "1 2  3   4"]
WORDS = [
    "Hello, world!", "The quick brown fox jumps over the lazy dog.", "don't can't WON'T I'LL y'all'd've", "it's IT'S It'S", "e-mail: a.b+c@example.org", "https://example.org/a?b=c&d=%20#e",
    "CamelCaseWord HTTPServer iPhone XMLHttpRequest ABCdef", "snake_case_word __dunder__ _x", "naïve façade Œuvre æther", "«Quoted» „text“ ‘here’ “there”", "– — … • † ‰ € £ ¥", "wort Wort worte antwort wort.", "für füreinander für", "é! é? e\u0301!",
]
SPECIAL = [
    "<|endoftext|>", "a<|endoftext|>b", "a <|endoftext|> b", "<|endoftext|><|endoftext|>", "<|endoftext", "<|endoftext|", "<|im_start|>user\nhi<|im_end|>\n", "<s>", "<s> a</s>", "a</s>b", "<s><s>", "<unk>x<unk>", "x <tool> y", "x\t<tool>\n\ny", "<tool><tool>", "<pad>",
    "<|begin_of_text|>hi<|eot_id|>", " <s>", "<S>", "<|begin_of_text|>", "a  <tool>  b", "   <tool>", "<|end_of_text|> <|eot_id|> ",
]
TEXTS = CODE + UNICODE + SPACES + CONTROL + RUNS + NUMBERS + WORDS + SPECIAL
