/// Which message a frame carries: every tag there is.
///
/// | tags | messages |
/// | --- | --- |
/// | below `D000_0000` | of a program, 16 for each instruction |
/// | from `D000_0000` | the dealer's corrections |
/// | from `E000_0000` | the dealer's seeds |
/// | from `E800_0000` | of preprocessing between the parties: its setup, then its steps |
/// | from `F000_0000` | weights of the setup |
/// | from `FFFF_FF00` | the transport's own |
public enum FrameTag {
    /// The most rounds that one instruction may have.
    package static let roundLimit = 16

    /// The most payload bytes of any frame.
    public static let payloadLimit = 1 << 30

    private static let firstCorrection: UInt32 = 0xD000_0000
    /// Instructions of a program that tags can tell apart.
    package static let instructionLimit = Int(firstCorrection) / roundLimit
    /// Correlations of a plan that tags can tell apart.
    package static let correlationLimit = Int(dealerWeightSeed - firstCorrection)
    /// The seed of the weights' masks, from the dealer.
    package static let dealerWeightSeed: UInt32 = 0xE000_0000
    /// A party's seed for a run, from the dealer.
    package static let dealerSeed: UInt32 = 0xE000_0001
    private static let firstMaking: UInt32 = 0xE800_0000
    /// Messages of the setup of preprocessing between the parties.
    package static let makingSetupMessages = 16
    private static let firstSetupWeight: UInt32 = 0xF000_0000
    /// Tags from here up belong to the transport, and what they carry counts as overhead.
    package static let firstReserved: UInt32 = 0xFFFF_FF00
    /// Requests, reports, handshakes.
    package static let control: UInt32 = 0xFFFF_FF01
    /// The sentence with which a party gives up.
    package static let abort: UInt32 = 0xFFFF_FF02
    /// Says that the sender still works.
    package static let heartbeat: UInt32 = 0xFFFF_FF03

    /// A round of an instruction of a program, both from 0.
    package static func program(instruction: Int, round: Int) -> UInt32 {
        tag(0, instruction &* roundLimit &+ round, before: firstCorrection)
    }

    /// What the dealer sends for a correlation, by its index in the plan.
    package static func correction(index: Int) -> UInt32 {
        tag(firstCorrection, index, before: dealerWeightSeed)
    }

    /// A message of the setup of preprocessing between the parties, from 0.
    package static func makingSetup(message: Int) -> UInt32 { tag(firstMaking, message, before: firstMakingStep) }

    /// A step of preprocessing between the parties, from 0.
    package static func making(step: Int) -> UInt32 { tag(firstMakingStep, step, before: firstSetupWeight) }

    private static var firstMakingStep: UInt32 { firstMaking + UInt32(makingSetupMessages) }

    /// A masked weight by its index in the plan, or a tile of the encrypted ones, one after the other.
    package static func setupWeight(index: Int) -> UInt32 {
        tag(firstSetupWeight, index, before: firstReserved)
    }

    /// A program beyond ``instructionLimit`` or ``correlationLimit`` cannot be written; were it, its messages would be out of
    /// step and refused.
    private static func tag(_ first: UInt32, _ index: Int, before next: UInt32) -> UInt32 {
        first + UInt32(min(max(index, 0), Int(next - first) - 1))
    }

    /// The message in words, as errors name it: `round 2 of instruction 41`.
    package static func describe(_ tag: UInt32) -> String {
        switch tag {
        case control: "a control message"
        case abort: "a reason for giving up"
        case heartbeat: "a heartbeat"
        case firstReserved...: "a message of an unknown kind"
        case firstSetupWeight...: "weight \(tag - firstSetupWeight) of the setup"
        case firstMakingStep...: "step \(tag - firstMakingStep) of the preprocessing"
        case firstMaking...: "message \(tag - firstMaking) of the preprocessing's setup"
        case dealerWeightSeed: "the seed of the weights' masks"
        case dealerSeed: "the seed of a run"
        case dealerWeightSeed...: "a message of an unknown kind"
        case firstCorrection...: "correction \(tag - firstCorrection)"
        default: "round \(tag % UInt32(roundLimit)) of instruction \(tag / UInt32(roundLimit))"
        }
    }
}
