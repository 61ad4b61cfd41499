import SottoTransport
import Testing

@Suite struct FrameTagTests {
    @Test func everyMessageHasWords() {
        let words: [(UInt32, String)] = [
            (FrameTag.program(instruction: 0, round: 0), "round 0 of instruction 0"),
            (FrameTag.program(instruction: 41, round: 2), "round 2 of instruction 41"),
            (FrameTag.correction(index: 7), "correction 7"), (FrameTag.setupWeight(index: 3), "weight 3 of the setup"),
            (FrameTag.dealerWeightSeed, "the seed of the weights' masks"), (FrameTag.dealerSeed, "the seed of a run"),
            (FrameTag.control, "a control message"), (FrameTag.abort, "a reason for giving up"),
            (FrameTag.heartbeat, "a heartbeat"), (0xFFFF_FF00, "a message of an unknown kind"),
            (.max, "a message of an unknown kind"), (0xE000_0002, "a message of an unknown kind"),
        ]
        for (tag, text) in words { #expect(FrameTag.describe(tag) == text) }
    }

    @Test func messagesHaveDifferentTags() {
        var tags: Set<UInt32> = [
            FrameTag.dealerWeightSeed, FrameTag.dealerSeed, FrameTag.control, FrameTag.abort, FrameTag.heartbeat,
        ]
        for index in [0, 1, 2, 1 << 20] {
            tags.formUnion([FrameTag.correction(index: index), FrameTag.setupWeight(index: index)])
            for round in 0..<FrameTag.roundLimit { tags.insert(FrameTag.program(instruction: index, round: round)) }
        }
        #expect(tags.count == 5 + 4 * 2 + 4 * 16)
    }

    @Test(arguments: [-1, Int.min, 1 << 28, 1 << 40, Int.max]) func numbersOutOfRangeStayInTheirSpace(index: Int) {
        #expect(FrameTag.describe(FrameTag.program(instruction: index, round: 0)).hasPrefix("round "))
        #expect(FrameTag.describe(FrameTag.correction(index: index)).hasPrefix("correction "))
        #expect(FrameTag.describe(FrameTag.setupWeight(index: index)).hasPrefix("weight "))
    }
}
