import Foundation
import SottoTokenization
import TestSupport
import Testing

/// Files that are broken, or ask for what is not built.
@Suite struct MalformedFileTests {
    private static let vocabulary = #""vocab":{"<unk>":0,"a":1,"b":2,"ab":3}"#
    private static let model = #""model":{"type":"BPE",\#(vocabulary),"merges":["a b"]}"#

    private func read(_ members: String) throws -> BytePairTokenizer {
        try BytePairTokenizer(json: Array("{\(members)}".utf8))
    }

    private static func added(_ content: String, _ id: Int, normalized: Bool = false) -> String {
        #"{"id":\#(id),"content":"\#(content)","single_word":false,"lstrip":false,"rstrip":false,"#
            + #""normalized":\#(normalized),"special":true}"#
    }

    @Test func theSmallestFileIsOne() throws {
        #expect(try read(Self.model).encode("abba") == [3, 2, 1])
        #expect(try read(Self.model).decode([3, 2, 1]) == "ab b a")
    }

    @Test func mergesMayBePairs() throws {
        #expect(try read(#""model":{\#(Self.vocabulary),"merges":[["a","b"]]}"#).encode("ab") == [3])
    }

    @Test(arguments: [
        "", #""model":null"#, #""model":[]"#, #""model":{"vocab":{"a":0}}"#, #""model":{"vocab":[],"merges":[]}"#,
        #""model":{"vocab":{},"merges":[]}"#, #""model":{"vocab":{"a":0,"b":0},"merges":[]}"#,
        #""model":{"vocab":{"a":0,"b":2},"merges":[]}"#, #""model":{"vocab":{"a":-1},"merges":[]}"#,
        #""model":{"vocab":{"a":"0"},"merges":[]}"#, #""model":{"vocab":{"a":0.5},"merges":[]}"#,
        #""model":{"vocab":{"a":99999999999},"merges":[]}"#, #""model":{"vocab":{"a":0,"a":1},"merges":[]}"#,
        #""model":{\#(vocabulary),"merges":{}}"#, #""model":{\#(vocabulary),"merges":[1]}"#,
        #""model":{\#(vocabulary),"merges":["ab"]}"#, #""model":{\#(vocabulary),"merges":["a b c"]}"#,
        #""model":{\#(vocabulary),"merges":["a c"]}"#, #""model":{\#(vocabulary),"merges":["b a"]}"#,
        #""model":{\#(vocabulary),"merges":[["a"]]}"#, #""model":{\#(vocabulary),"merges":[["a",1]]}"#,
        #""model":{\#(vocabulary),"merges":[],"unk_token":"x"}"#,
        #""model":{\#(vocabulary),"merges":[],"unk_token":1}"#,
        #""model":{\#(vocabulary),"merges":[],"byte_fallback":1}"#,
        model + #","added_tokens":{}"#, model + #","added_tokens":[1]"#, model + #","added_tokens":[{"id":4}]"#,
        model + #","added_tokens":[\#(added("x", 5))]"#, model + #","added_tokens":[\#(added("a", 2))]"#,
        model + #","added_tokens":[\#(added("x", 4)),\#(added("x", 4))]"#,
        model + #","added_tokens":[\#(added("", 4))]"#,
        model + #","added_tokens":[\#(added("x", 4)),\#(added("y", 4))]"#,
        model
            + #","normalizer":{"type":"NFC"},"added_tokens":[\#(added("é", 4, normalized: true)),\#(added("e\u{301}", 5, normalized: true))]"#,
        model + #","added_tokens":[\#(added(String(repeating: "x", count: 2000), 4))]"#,
        model + #","normalizer":{}"#, model + #","normalizer":[]"#, model + #","normalizer":{"type":"Sequence"}"#,
        model + #","normalizer":{"type":"Replace","pattern":{},"content":""}"#,
        model + #","normalizer":{"type":"Replace","pattern":{"String":""},"content":""}"#,
        model + #","pre_tokenizer":{"type":"Metaspace","replacement":"ab"}"#,
        model
            + #","pre_tokenizer":{"type":"Metaspace","replacement":"_","add_prefix_space":false,"prepend_scheme":"always"}"#,
        model + #","pre_tokenizer":{"type":"ByteLevel"}"#,
        model + #","decoder":{"type":"Strip","content":"a","start":-1,"stop":0}"#,
        model + #","post_processor":{"type":"TemplateProcessing","single":[],"special_tokens":{}}"#,
        model
            + #","post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"x"}},{"Sequence":{"id":"A"}}]}"#,
        model
            + #","post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"x"}},{"Sequence":{"id":"A"}}],"special_tokens":{"x":{"ids":[4]}}}"#,
    ]) func brokenFilesAreMalformed(members: String) throws {
        let error = #expect(throws: TokenizerError.self) { try read(members) }
        guard case .malformed? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test(arguments: [
        (#""model":{"type":"WordPiece","vocab":{}}"#, "a model of type \"WordPiece\""),
        (#""model":{"type":"BPE",\#(vocabulary),"merges":[],"dropout":0.1}"#, "dropout"),
        (#""model":{"type":"BPE",\#(vocabulary),"merges":[],"end_of_word_suffix":"</w>"}"#, "end_of_word_suffix"),
        (#""model":{"type":"BPE",\#(vocabulary),"merges":[],"surprise":1}"#, "\"surprise\""),
        (model + #","truncation":{"max_length":5}"#, "truncation"), (model + #","padding":{}"#, "padding"),
        (model + #","version":"2.0""#, "version"), (model + #","extra":1"#, "\"extra\""),
        (model + #","normalizer":{"type":"Lowercase"}"#, "\"Lowercase\""),
        (model + #","normalizer":{"type":"Precompiled"}"#, "\"Precompiled\""),
        (model + #","normalizer":{"type":"NFC","more":1}"#, "\"more\""),
        (model + #","pre_tokenizer":{"type":"BertPreTokenizer"}"#, "\"BertPreTokenizer\""),
        (model + #","pre_tokenizer":{"type":"Whitespace"}"#, "\"Whitespace\""),
        (
            model + #","pre_tokenizer":{"type":"Split","pattern":{"String":"a"},"behavior":"Else","invert":false}"#,
            "\"Else\""
        ),
        (
            model
                + #","pre_tokenizer":{"type":"Split","pattern":{"Regex":"(?<=a)b"},"behavior":"Isolated","invert":false}"#,
            "(?<...)"
        ),
        (
            model
                + #","pre_tokenizer":{"type":"Split","pattern":{"Regex":"\\p{Han}"},"behavior":"Isolated","invert":false}"#,
            "\\p{Han}"
        ),
        (model + #","post_processor":{"type":"BertProcessing"}"#, "\"BertProcessing\""),
        (model + #","decoder":{"type":"WordPiece"}"#, "\"WordPiece\""),
        (
            model + #","decoder":{"type":"Sequence","decoders":[{"type":"Fuse"},{"type":"ByteFallback"}]}"#,
            "ByteFallback"
        ),
    ]) func whatIsNotBuiltIsNamed(members: String, name: String) throws {
        let error = #expect(throws: TokenizerError.self) { try read(members) }
        guard case .unsupported? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect("\(error!)".contains(name), "\(error!)")
    }

    /// A stranger's file may not make long work of a short text.
    @Test func stepsThatMultiplyTextAreRefused() throws {
        let step = #"{"type":"Replace","pattern":{"String":"a"},"content":"aaaaaaaaaa"}"#
        func steps(_ count: Int, _ step: String) -> String {
            #"{"type":"Sequence","normalizers":[\#(repeatElement(step, count: count).joined(separator: ","))]}"#
        }
        let model = Self.model
        #expect(try read(model + #","normalizer":\#(steps(3, step))"#).encode("a").count == 1000)
        for normalizer in [steps(9, step), steps(65, #"{"type":"NFC"}"#), steps(5, #"{"type":"NFC"}"#)] {
            #expect(throws: TokenizerError.self) { try read(model + #","normalizer":\#(normalizer)"#) }
        }
    }

    /// Bytes that are no tokenizer, or another one, end in an error or a tokenizer that works.
    @Test(arguments: ["llama2", "llama3", "splits"]) func damagedFilesNeverTrap(name: String) throws {
        let json = try smallFile(name)
        #expect(throws: Never.self) { try BytePairTokenizer(json: json) }
        var mutator = Mutator(seed: Fuzzing.seed(31))
        var accepted = 0
        for _ in 0..<(400 * Fuzzing.factor) {
            guard let tokenizer = try? BytePairTokenizer(json: mutator.mutate(json)) else { continue }
            accepted += 1
            let ids = tokenizer.encode("a b<s> e\u{301}日本 \u{1F600}\n ")
            _ = try tokenizer.decode(ids)
            #expect(try TokenizerDefinition.tokenizer(tokenizer.definition).definition == tokenizer.definition)
        }
        #expect(accepted > 0)
    }

    /// A fixture's steps around a small model, so that damage often meets them.
    private func smallFile(_ name: String) throws -> [UInt8] {
        let text = String(decoding: try TokenizerFixture(description: name).tokenizer().definition, as: UTF8.self)
        func part(_ start: String, until end: String) throws -> Substring {
            let (first, last) = (try #require(text.range(of: start)), try #require(text.range(of: end)))
            return text[first.lowerBound..<last.lowerBound]
        }
        let file = try [
            #"{"version":"1.0","added_tokens":[\#(Self.added("<s>", 1)),\#(Self.added("é", 5, normalized: true))]"#,
            part(#","normalizer":"#, until: #","post_processor":"#),
            #","post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},"#
                + #"{"Sequence":{"id":"A","type_id":0}}],"pair":[],"special_tokens":{"<s>":{"id":"<s>","ids":[1],"tokens":[]}}}"#,
            part(#","decoder":"#, until: #","model":"#),
            #","model":{"type":"BPE","unk_token":"<unk>","fuse_unk":true,"byte_fallback":true,"#
                + #""vocab":{"<unk>":0,"<s>":1,"a":2,"b":3,"ab":4},"merges":[["a","b"]]}}"#,
        ].joined()
        return Array(file.utf8)
    }
}
