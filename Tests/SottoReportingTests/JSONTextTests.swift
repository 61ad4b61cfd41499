import Foundation
import SottoReporting
import Testing

@Suite struct JSONTextTests {
    /// JSON has no words for them.
    @Test func numbersThatAreNoneBecomeNull() throws {
        struct Values: Encodable {
            let finite = 0.5
            let text = "not finite"
            let none: [Double] = [.nan, .infinity, -.infinity, 1]
            let single = Float.nan
        }
        let text = try JSONText.of(Values())
        let object = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(object["finite"] as? Double == 0.5 && object["text"] as? String == "not finite")
        #expect((object["none"] as? [Any])?.map { $0 is NSNull } == [true, true, true, false])
        #expect(object["single"] is NSNull)
    }
}
