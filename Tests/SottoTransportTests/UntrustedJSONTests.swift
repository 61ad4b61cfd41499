import Foundation
import SottoTransport
import TestSupport
import Testing

@Suite struct UntrustedJSONTests {
    @Test(arguments: [
        "{}", "[]", " [1, -0, 2.5e-3, 0E+1, true, false, null, \"\"] ", "\"\\u00e9\\ud83d\\ude00\\n\"", "1",
        "{\"a\":{\"b\":[{}]}}",
        "\r\n\t{ \"\" : \"\u{7F}é\" }\r",
    ]) func valuesAreValid(text: String) throws {
        #expect(UntrustedJSON.isValid(Array(text.utf8)))
        _ = try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
    }

    @Test(arguments: [
        "", " ", "{", "[", "[\r", "[[1\r", "{\"a\":\r", "[1,]", "{\"a\":1,}", "{a:1}", "{\"a\"}", "{\"a\":}", "01", "-",
        "1.", "1e",
        ".5", "+1", "nul", "truefalse", "1 2", "\"", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\ud800\"",
        "\"\\udc00\"",
        "\"\\ud800\\u0041\"", "\"\n\"", "\u{FEFF}{}", "NaN", "'a'", "[1]]", "/**/1",
    ]) func everythingElseIsNot(text: String) {
        #expect(!UntrustedJSON.isValid(Array(text.utf8)))
        #expect(throws: UntrustedJSON.Invalid()) { try UntrustedJSON.decode([Int].self, from: Array(text.utf8)) }
    }

    @Test func depthIsBounded() {
        let nested = { (depth: Int) in [UInt8](repeating: 0x5B, count: depth) + [UInt8](repeating: 0x5D, count: depth) }
        #expect(UntrustedJSON.isValid(nested(65)))
        #expect(!UntrustedJSON.isValid(nested(66)))
        #expect(!UntrustedJSON.isValid(nested(1_000_000)))
        #expect(!UntrustedJSON.isValid([0xFF]))
        #expect(!UntrustedJSON.isValid([0x22, 0xC3, 0x22]))
    }

    @Test func anotherTypeIsAnError() {
        #expect(throws: DecodingError.self) { try UntrustedJSON.decode([Int].self, from: Array("[1.5]".utf8)) }
        #expect(throws: DecodingError.self) { try UntrustedJSON.decode(Int.self, from: Array("1e99".utf8)) }
    }
}
