"""Trains the small tokenizers of the tests and writes what Hugging Face's library makes of the texts.

    python3 Tests/SottoTokenizationTests/Reference/make_fixtures.py [DIRECTORY]

DIRECTORY is Tests/SottoTokenizationTests/Data unless given. It needs what set_up_tokenizers.py installs.
"""

import json
import sys
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from encode import expectation
from texts import TEXTS, TRAINING

LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+")
GPT4O = "|".join([
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"\p{N}{1,3}", r" ?[^\s\p{L}\p{N}]+[\r\n/]*", r"\s*[\r\n]+", r"\s+(?!\S)", r"\s+"])


def byte_level(prefix: bool = False, regex: bool = True):
    return pre_tokenizers.ByteLevel(add_prefix_space=prefix, use_regex=regex)


def train(tokenizer: Tokenizer, size: int, special: list[str], alphabet: bool = True) -> Tokenizer:
    tokenizer.train_from_iterator(TRAINING, trainers.BpeTrainer(
        vocab_size=size, special_tokens=special, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet() if alphabet else []))
    return tokenizer


def gpt2() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer, tokenizer.decoder = byte_level(), decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    return train(tokenizer, 480, ["<|endoftext|>"])


def smollm() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), byte_level()])
    tokenizer.decoder = decoders.ByteLevel()
    return train(tokenizer, 400, ["<|endoftext|>", "<|im_start|>", "<|im_end|>"])


def llama3() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE(ignore_merges=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(LLAMA3), "isolated"), byte_level(regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    train(tokenizer, 440, [])
    tokenizer.add_special_tokens(["<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>"])
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(
            single="<|begin_of_text|> $A", pair="<|begin_of_text|> $A <|begin_of_text|> $B:1",
            special_tokens=[("<|begin_of_text|>", tokenizer.token_to_id("<|begin_of_text|>"))])])
    return tokenizer


def gpt4o() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(GPT4O), "removed", invert=True), byte_level(prefix=True, regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    train(tokenizer, 420, ["<|endoftext|>"])
    tokenizer.add_tokens([
        AddedToken("wort", single_word=True), AddedToken("<tool>", lstrip=True, rstrip=True, normalized=False),
        AddedToken("  ", normalized=False), AddedToken("é!", normalized=True), AddedToken("für", single_word=True)])
    return tokenizer


def llama2() -> Tokenizer:
    special = ["<unk>", "<s>", "</s>"]
    trained = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    trained.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    # As SentencePiece has it, bytes follow the special tokens.
    train(trained, 520, special + [f"<0x{byte:02X}>" for byte in range(256)], alphabet=False)
    document = json.loads(trained.to_str())
    document["added_tokens"] = [token for token in document["added_tokens"] if token["id"] < 3]
    tokenizer = Tokenizer.from_str(json.dumps(document))
    tokenizer.decoder = decoders.Sequence([
        decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", 1)])
    return tokenizer


def metaspace(scheme: str = "first", split: bool = True) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=scheme, split=split)
    tokenizer.decoder = decoders.Metaspace(prepend_scheme=scheme, split=split)
    return train(tokenizer, 300, ["<unk>", "<s>"], alphabet=False)


def splits() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.NFD(), normalizers.Replace(Regex(r"\t+"), " "), normalizers.Replace("``", '"')])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(r"[\r\n]"), "isolated"),
        pre_tokenizers.Split(Regex(r"\s?[A-Za-zÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿ]+"), "merged_with_previous"),
        pre_tokenizers.Split("(", "merged_with_next"), pre_tokenizers.Split(Regex(r"\s+$"), "isolated"),
        pre_tokenizers.Split(Regex("[一-龥ࠀ-一가-퟿]+"), "contiguous"), pre_tokenizers.Digits(individual_digits=False),
        pre_tokenizers.Split(Regex(r"[^(\s|[.,!?…。，、])]+?(?=\W)"), "isolated"),
        byte_level(regex=False)])
    tokenizer.decoder = decoders.Sequence([decoders.ByteLevel(), decoders.Replace("ab", "ba"), decoders.Strip("a", 2, 0)])
    return train(tokenizer, 360, ["<pad>"])


FIXTURES = {
    "gpt2": gpt2, "smollm": smollm, "llama3": llama3, "gpt4o": gpt4o, "llama2": llama2, "metaspace": metaspace,
    "metaspace_whole": lambda: metaspace("always", False), "splits": splits,
}


CLASSES = [r"\s", r"\w", r"\d", *(rf"\p{{{name}}}" for name in (
    "L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po S Sm Sc Sk So Z Zs Zl Zp Cc Cf Co").split())]


def known_class(pattern: str) -> dict:
    """How many characters a class has, and the sum of their numbers."""
    split = pre_tokenizers.Split(Regex(pattern), "removed")
    text = "".join(chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000)
    rest = [text[start:end] for _, (start, end) in split.pre_tokenize_str(text)]
    count = len(text) - sum(map(len, rest))
    return {"pattern": pattern, "count": count, "sum": sum(map(ord, text)) - sum(ord(char) for part in rest for char in part)}


def main(directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    classes = [known_class(pattern) for pattern in CLASSES]
    (directory / "classes.json").write_text(json.dumps(classes, indent=0) + "\n")
    (directory / "texts.json").write_text(json.dumps(TEXTS, ensure_ascii=True, indent=0) + "\n")
    for name, make in FIXTURES.items():
        folder = directory / name
        folder.mkdir(exist_ok=True)
        tokenizer = make()
        (folder / "tokenizer.json").write_text(tokenizer.to_str() + "\n", encoding="utf-8")
        expected = expectation(Tokenizer.from_file(str(folder / "tokenizer.json")), TEXTS, seed=1)
        (folder / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent / "Data")
