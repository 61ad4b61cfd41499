import Foundation
import SottoTokenization
import Testing

@Suite struct PatternTests {
    /// A class of characters, and the number and sum of those of all characters that Hugging Face's library takes for it.
    private struct KnownClass: Decodable {
        let pattern: String
        let count: Int
        let sum: Int
    }

    private func matches(_ pattern: String, _ text: String) throws -> [String] {
        let scalars = text.unicodeScalars.map(\.value)
        return try Pattern(pattern).parts(of: scalars[...]).filter(\.isMatch).map { part in
            String(String.UnicodeScalarView(scalars[part.range].compactMap(Unicode.Scalar.init)))
        }
    }

    @Test func classesHaveTheLibrarysCharacters() throws {
        let file = TokenizerFixture.data.appendingPathComponent("classes.json")
        let scalars = (UInt32(0)...0x10FFFF).filter { !(0xD800...0xDFFF).contains($0) }
        for known in try JSONDecoder().decode([KnownClass].self, from: Data(contentsOf: file)) {
            let parts = try Pattern(known.pattern).parts(of: scalars[...]).filter(\.isMatch)
            #expect(parts.reduce(0) { $0 + $1.range.count } == known.count, "\(known.pattern)")
            let sum = parts.reduce(0) { $0 + $1.range.reduce(0) { $0 + Int(scalars[$1]) } }
            #expect(sum == known.sum, "\(known.pattern)")
        }
    }

    @Test(arguments: [
        ("a+", "baab a", ["aa", "a"]), ("a|ab", "ab", ["a"]), ("(?:a|ab)c", "abcac", ["abc", "ac"]),
        (#"\s+(?!\S)|\s+"#, "a   b  ", ["  ", " ", "  "]), (#"\s+$"#, "a  b  \n ", ["  \n "]),
        (#"(?i:'s|'t)"#, "'S'T'\u{17F}", ["'S", "'T", "'\u{17F}"]),
        ("(?i)k(?-i:k)", "Kk\u{212A}kKK", ["Kk", "\u{212A}k"]),
        ("[^a-c]+", "abcdefa", ["def"]), ("[a[bc]]+", "abcd", ["abc"]), (#"[\]\-\\]+"#, #"a]-\b"#, [#"]-\"#]),
        (#"\p{N}{1,3}"#, "12345", ["123", "45"]), ("a{2}", "aaaaa", ["aa", "aa"]), ("a{,2}b", "aaab", ["aab"]),
        ("a+?b", "aab", ["aab"]), ("a*?", "aa", ["", "", ""]), ("[ab]++a", "abab", []), ("x?+x", "xx", ["xx"]),
        ("^a", "a\na", ["a", "a"]), ("a$", "a\na", ["a", "a"]), (#"\Aa"#, "aa", ["a"]), (#"a\z"#, "aa", ["a"]),
        (".+", "a\nb\r", ["a", "b\r"]), (#"\x41\u00e9\x{1F600}"#, "Aé😀", ["Aé😀"]), (#"\d+(?=\.)"#, "12.3", ["12"]),
        (#"[^\r\n\p{L}\p{N}]?\p{L}+"#, "(foo bar", ["(foo", " bar"]),
        (#"[\p{Lu}\p{Lt}]*[\p{Ll}]+"#, "ABCdE", ["ABCd"]), ("(a|b)+c", "ababc", ["ababc"]),
        ("b?", "abc", ["", "b", ""]),
    ]) func findsWhatBacktrackingFinds(pattern: String, text: String, found: [String]) throws {
        #expect(try matches(pattern, text) == found)
    }

    @Test(arguments: [
        "", "(", ")", "a)", "(a", "[a", "[]", "[^]", "a**", "a{2}{3}", "*", "+a", "(?<n>a)", "(?<=a)b", "(?<!a)b",
        "(?>a)",
        #"\1"#, #"\b"#, #"\h"#, #"\k<a>"#, #"\p{Han}"#, #"\p{}"#, #"\pL"#, "[[:alpha:]]", "[a&&b]", "[b-a]", "a{3,2}",
        "a{999}", "(?:a?)*", "(?:a*)+", "(?i:é)", "(?i:ss)", "(?i:[^s])", "(?i:\\p{L})", "(?=a+)b", "(?=(?!a)b)c",
        "(?:(?:(?:a{200}){200}){200})", "a{", "a{x}", "\\", "(?:ab)++", #"\x"#, #"\x{110000}"#, #"\uD800"#, "(?s:a)",
        String(repeating: "(", count: 40) + "a" + String(repeating: ")", count: 40),
        String(repeating: "a", count: 20000),
        String(repeating: "[", count: 40) + "a" + String(repeating: "]", count: 40),
    ]) func refusesWhatItDoesNotKnow(pattern: String) {
        #expect(throws: PatternError.self) { try Pattern(pattern) }
    }

    /// Patterns that others take quadratic or exponential time for.
    @Test(arguments: [
        (#"\s+$"#, " "), ("(?:a|a)*b", "a"), ("(?:a|aa)+b", "a"), ("a*a*a*a*b", "a"), ("(?:a+a?)+?b", "a"),
        ("(?=(?:a|a){0,20}b)a", "a"), ("[ab]*c", "a"),
    ]) func takesLinearTime(pattern: String, piece: String) throws {
        let text = String(repeating: piece, count: 20_000) + "x"
        var found: [String] = []
        let time = try ContinuousClock().measure { found = try matches(pattern, text) }
        #expect(!found.contains("x"))
        #expect(time < .seconds(30))
    }
}
