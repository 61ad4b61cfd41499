import Foundation
import Randomness
import Testing
import Training

struct CorpusTests {
    /// The first byte of the SHA-256 of these paths is divisible by 20 (0x3C, 0xDC, 0xF0), that of the others is not.
    private func isHeldOut(_ path: String) throws -> Bool { try Digest.sha256(Array(path.utf8))[0] % 20 == 0 }

    /// As the models in `docs/models.md` were trained: these files of CPython's library are held out, these are not.
    @Test func theRuleOfTheBuiltInModels() throws {
        let heldOut = ["ast.py", "calendar.py", "decimal.py", "pydoc.py", "random.py", "http/server.py"]
        let others = ["abc.py", "os.py", "json/decoder.py", "typing.py"]
        let files = Dictionary(uniqueKeysWithValues: (heldOut + others).map { ($0, "text of \($0)") })
        let corpus = try Corpus(directory: TextDirectory(files).url)
        #expect(corpus.record.split == .files)
        #expect(corpus.record.files.filter(\.isHeldOut).map(\.path).sorted() == heldOut.sorted())
        #expect(corpus.record.files.filter { !$0.isHeldOut }.map(\.path).sorted() == others.sorted())
        #expect(String(decoding: corpus.heldOut, as: UTF8.self).hasPrefix("text of ast.py\ntext of calendar.py\n"))
        let expected = others.sorted().map { "text of \($0)" }.joined(separator: "\n")
        #expect(String(decoding: corpus.training, as: UTF8.self) == expected)
    }

    /// By the bytes of the whole path, not folder by folder nor as a language would sort.
    @Test func filesAreInTheOrderOfTheirBytes() throws {
        let directory = try TextDirectory(["b": "1", "a/z": "2", "a-b": "3", "a.b": "4", "B": "5", "é": "6", "z": "7"])
        let paths = try Corpus(directory: directory.url, selection: .init(heldOutDivisor: 256)).record.files.map(\.path)
        #expect(paths == ["B", "a-b", "a.b", "a/z", "b", "z", "é"])
    }

    @Test func selectsFiles() throws {
        let directory = try TextDirectory([
            "a.py": "a", "b.md": "b", "c.pyx": "c", ".hidden.py": "h", ".git/x.py": "g", "test/d.py": "d",
            "deep/tests_x/e.py": "e", "deep/f.py": "f", "config-3.py": "k", "py": "n",
        ])
        try FileManager.default.createSymbolicLink(
            at: directory.file("link.py"), withDestinationURL: directory.file("a.py"))
        try FileManager.default.createSymbolicLink(
            at: directory.file("folder"), withDestinationURL: directory.file("deep"))
        func paths(_ selection: CorpusSelection) throws -> [String] {
            try Corpus(directory: directory.url, selection: selection).record.files.map(\.path)
        }
        #expect(
            try paths(.init()) == [
                "a.py", "b.md", "c.pyx", "config-3.py", "deep/f.py", "deep/tests_x/e.py", "py", "test/d.py",
            ])
        #expect(
            try paths(.init(extensions: ["py"])) == [
                "a.py", "config-3.py", "deep/f.py", "deep/tests_x/e.py", "test/d.py",
            ])
        let excluded = ["test", "tests*", "config-*"].map { NamePattern($0) }
        #expect(try paths(.init(extensions: ["py", "md"], excluded: excluded)) == ["a.py", "b.md", "deep/f.py"])
        #expect(try paths(.init(excluded: [.init("deep")])).contains { $0.hasPrefix("deep") } == false)
    }

    @Test func leavesOutWhatIsNoText() throws {
        let directory = try TextDirectory(["a": "text"])
        try directory.write(Data([0xFF, 0xFE]), "latin")
        try directory.write(Data("a\u{0}b".utf8), "binary")
        let corpus = try Corpus(directory: directory.url)
        #expect(corpus.record.files.map(\.path) == ["a"])
        #expect(corpus.record.notText == ["binary", "latin"])
    }

    @Test func holdsOutTheEndWhereNoFileIs() throws {
        let text = String(repeating: "0123456789", count: 10)
        let corpus = try Corpus(directory: TextDirectory(["abc.py": text]).url)
        #expect(corpus.record.split == .lastBytes)
        #expect(corpus.training.count == 95 && corpus.heldOut.count == 5)
        #expect(corpus.training + corpus.heldOut == Array(text.utf8))
        #expect(corpus.record.files.map(\.isHeldOut) == [false])
        // The only file would be held out whole.
        let other = try Corpus(directory: TextDirectory(["ast.py": text]).url, selection: .init(heldOutDivisor: 10))
        #expect(other.record.split == .lastBytes && other.training.count == 90)
    }

    @Test func recordsExactlyWhatWasRead() throws {
        let corpus = try Corpus(directory: TextDirectory(["abc.py": "abc", "ast.py": "def"]).url)
        let record = corpus.record
        #expect(record.training.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(record.training.bytes == 3 && record.heldOut.bytes == 3)
        #expect(record.digest == record.training.sha256 + "/" + record.heldOut.sha256)
        let data = try JSONEncoder().encode(record)
        #expect(try JSONDecoder().decode(CorpusRecord.self, from: data) == record)
    }

    @Test func refusals() throws {
        let directory = try TextDirectory(["empty.py": "", "a.txt": "text"])
        #expect(throws: CorpusError.noDirectory(path: directory.file("none").path)) {
            try Corpus(directory: directory.file("none"))
        }
        #expect(throws: CorpusError.noDirectory(path: directory.file("a.txt").path)) {
            try Corpus(directory: directory.file("a.txt"))
        }
        for extensions in [["md"], ["py"]] {
            #expect(throws: CorpusError.noText(path: directory.url.path)) {
                try Corpus(directory: directory.url, selection: .init(extensions: extensions))
            }
        }
        for divisor in [-1, 0, 1, 257] {
            #expect(throws: CorpusError.invalidHeldOut(divisor)) {
                try Corpus(directory: directory.url, selection: .init(heldOutDivisor: divisor))
            }
        }
    }
}
