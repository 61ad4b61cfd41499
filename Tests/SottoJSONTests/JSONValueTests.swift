import Foundation
import SottoJSON
import Testing

@Suite struct JSONValueTests {
    private func parse(_ text: String) throws(JSONError) -> JSONValue { try JSONValue(parsing: text.utf8) }

    @Test func readsEveryKindOfValue() throws {
        let text = """
             {"a": [null, true, false, -3, 0, 1.5, -2e3, 1E-2, []], "b": {}, "": "x\\n\\u00e9\\ud83d\\ude00\\/é"}
            """
        let expected = JSONValue.object([
            .init(
                key: "a",
                value: .array([
                    .null, .boolean(true), .boolean(false), .integer(-3), .integer(0), .real(1.5), .real(-2000),
                    .real(0.01), .array([]),
                ])),
            .init(key: "b", value: .object([])),
            .init(key: "", value: .string("x\né😀/é")),
        ])
        #expect(try parse(text) == expected)
    }

    @Test func integersBeyond64BitsAreReals() throws {
        #expect(try parse("9223372036854775807") == .integer(.max))
        #expect(try parse("9223372036854775808") == .real(0x1p63))
    }

    @Test(arguments: [
        "", " ", "{", "}", "[", "[1", "[1,", "[1,]", "[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{1:1}",
        "01",
        "-", "+1", "1.", ".5", "1e", "1e+", "nul", "truefalse", "1 2", "\"", "\"\\", "\"\\x\"", "\"\\u12\"",
        "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\n\"", "NaN", "Infinity", "1e999", "// x", "'a'",
        "{\"a\":1}x",
    ]) func refusesMalformed(text: String) {
        let error = #expect(throws: JSONError.self) { try parse(text) }
        guard case .malformed? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func refusesDuplicateKeysAtAnyDepth() {
        #expect(throws: JSONError.duplicateKey("a")) { try parse(#"{"a": 1, "b": 2, "a": 1}"#) }
        #expect(throws: JSONError.duplicateKey("a")) { try parse(#"[{"x": {"a": 1, "\u0061": 2}}]"#) }
    }

    @Test func refusesInvalidUTF8() {
        #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22, 0xFF, 0x22]) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22, 0xC3, 0x22]) }
    }

    @Test func refusesDeepNesting() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        _ = try parse(nested(32))
        #expect(throws: JSONError.tooDeep(limit: 32)) { try parse(nested(33)) }
        #expect(throws: JSONError.tooDeep(limit: 32)) { try parse(nested(1_000_000)) }
    }
}
