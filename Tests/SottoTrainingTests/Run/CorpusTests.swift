import Foundation
import SottoTraining
import Testing

struct CorpusTests {
    /// As the models in `docs/models.md` were trained: these files of CPython's library are held out, these are not.
    @Test func theRuleOfTheBuiltInModels() throws {
        let heldOut = ["ast.py", "calendar.py", "decimal.py", "pydoc.py", "random.py", "http/server.py"]
        let others = ["abc.py", "os.py", "json/decoder.py", "typing.py"]
        let files = Dictionary(uniqueKeysWithValues: (heldOut + others).map { ($0, "text of \($0)") })
        // All are short, and there are more of the former.
        let corpus = try TextDirectory(files).corpus(.init(allowsSmallTrainingSet: true))
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
        let paths = try directory.corpus(.init(heldOutDivisor: 256)).record.files.map(\.path)
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
            try directory.corpus(selection).record.files.map(\.path)
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
        let corpus = try directory.corpus()
        #expect(corpus.record.files.map(\.path) == ["a"])
        #expect(corpus.record.notText == ["binary", "latin"])
    }

    @Test func holdsOutTheEndWhereNoFileIs() throws {
        let text = String(repeating: "0123456789", count: 10)
        let corpus = try TextDirectory(["abc.py": text]).corpus()
        #expect(corpus.record.split == .lastBytes)
        #expect(corpus.training.count == 95 && corpus.heldOut.count == 5)
        #expect(corpus.training + corpus.heldOut == Array(text.utf8))
        #expect(corpus.record.files.map(\.isHeldOut) == [false])
        // The only file would be held out whole.
        let other = try TextDirectory(["ast.py": text]).corpus(.init(heldOutDivisor: 10))
        #expect(other.record.split == .lastBytes && other.training.count == 90)
    }

    /// A directory of two files must not lose nearly all its text to measuring: `ast.py` would be held out.
    @Test func neverHoldsOutMostOfTheText() throws {
        let text = String(repeating: "0123456789", count: 100)
        for small in [0, 7, 300, 999] {
            let files = ["abc.py": String(text.prefix(small)), "ast.py": text]
            let corpus = try TextDirectory(files).corpus()
            let whole = small + 1 + 1000
            #expect(corpus.record.split == .lastBytes, "\(small)")
            #expect(corpus.heldOut.count == whole / 20 && corpus.training.count == whole - whole / 20, "\(small)")
            #expect(corpus.record.summary.contains("\(corpus.training.count) bytes to train on"))
            #expect(corpus.record.summary.contains("\(whole / 20) held out (the end of the text)"))
            // Asked for, it is done.
            guard small >= 2 else { continue }
            let asked = try TextDirectory(files).corpus(.init(allowsSmallTrainingSet: true))
            #expect(asked.record.split == .files && asked.training.count == small && asked.heldOut.count == 1000)
            #expect(asked.record.summary.hasSuffix("1000 held out (1 of 2 files)"))
        }
        // As much on both sides is kept as it is; the other way round there is no question.
        #expect(try TextDirectory(["abc.py": text, "ast.py": text]).corpus().record.split == .files)
        #expect(try TextDirectory(["abc.py": text, "ast.py": "ab"]).corpus().record.split == .files)
        // Too little for any split.
        let short = try TextDirectory(["abc.py": "abc"])
        #expect(throws: CorpusError.smallTrainingSet(bytes: 1, heldOut: 2)) { try short.corpus() }
        #expect(try short.corpus(.init(allowsSmallTrainingSet: true)).heldOut.count == 2)
    }

    @Test func recordsOfEarlierVersionsAreRead() throws {
        let old = #"{"extensions": ["py"], "excluded": [], "held_out_divisor": 20}"#
        let selection = try JSONDecoder().decode(CorpusSelection.self, from: Data(old.utf8))
        #expect(selection == CorpusSelection(extensions: ["py"], allowsSmallTrainingSet: true))
    }

    @Test func recordsExactlyWhatWasRead() throws {
        let corpus = try TextDirectory(["abc.py": "abc", "ast.py": "def"]).corpus()
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
            try Corpus(directory: directory.file("none"), digest: .openSSL)
        }
        #expect(throws: CorpusError.noDirectory(path: directory.file("a.txt").path)) {
            try Corpus(directory: directory.file("a.txt"), digest: .openSSL)
        }
        for extensions in [["md"], ["py"]] {
            #expect(throws: CorpusError.noText(path: directory.url.path)) {
                try directory.corpus(.init(extensions: extensions))
            }
        }
        for divisor in [-1, 0, 1, 257] {
            #expect(throws: CorpusError.invalidHeldOut(divisor)) {
                try directory.corpus(.init(heldOutDivisor: divisor))
            }
        }
        withExtendedLifetime(directory) {}
    }
}
