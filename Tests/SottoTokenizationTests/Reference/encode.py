"""What Hugging Face's library makes of texts.

    python3 encode.py DIRECTORY REQUEST ANSWER

DIRECTORY holds tokenizer.json, or vocab.json and merges.txt of GPT-2's kind; REQUEST is {"texts": [...], "seed": N}, and
ANSWER gets what expectation() returns.
"""

import json
import random
import sys
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers


def expectation(tokenizer: Tokenizer, texts: list[str], seed: int) -> dict:
    """Ids with and without special tokens, their texts, and the texts of random ids."""
    encodings = [tokenizer.encode(text) for text in texts]
    ids = [encoding.ids for encoding in encodings]
    generator = random.Random(seed)
    size = tokenizer.get_vocab_size()
    some = [[generator.randrange(size) for _ in range(generator.randrange(1, 12))] for _ in range(60)]
    return {
        "ids": ids,
        "plain": [tokenizer.encode(text, add_special_tokens=False).ids for text in texts],
        "texts": [tokenizer.decode(one) for one in ids],
        "all_texts": [tokenizer.decode(one, skip_special_tokens=False) for one in ids],
        "random_ids": some,
        "random_texts": [tokenizer.decode(one) for one in some],
    }


def load(directory: Path) -> Tokenizer:
    if (directory / "tokenizer.json").exists():
        return Tokenizer.from_file(str(directory / "tokenizer.json"))
    tokenizer = Tokenizer(models.BPE.from_file(str(directory / "vocab.json"), str(directory / "merges.txt")))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<|endoftext|>"])
    return tokenizer


if __name__ == "__main__":
    request = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    answer = expectation(load(Path(sys.argv[1])), request["texts"], request["seed"])
    Path(sys.argv[3]).write_text(json.dumps(answer), encoding="utf-8")
