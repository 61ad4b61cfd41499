import Foundation
import SottoSecureComputation
import Testing

/// The machine code of the built program: what is done to single secrets has no branch.
@Suite(.enabled(Disassembler.notice) { Disassembler.find() != nil })
struct MachineCodeTests {
    private let code: Disassembler

    #if DEBUG
        private static let isOptimised = false
    #else
        private static let isOptimised = true
    #endif

    init() throws { code = try #require(Disassembler.find()) }

    /// The steps of `CConstantTime.h`.
    static let steps = [
        "sotto_ct_select", "sotto_ct_negate", "sotto_ct_set_bit", "sotto_limb_add", "sotto_field_encode_limb",
        "sotto_field2_add", "sotto_field2_subtract", "sotto_field2_multiply", "sotto_field2_reduce",
        "sotto_fixed_point_encode",
    ]

    @Test(arguments: steps) func aStepIsAStraightLine(step: String) throws {
        let instructions = try code.instructions(of: step)
        #expect(instructions.count > 2, "\(step) is not in the program")
        let leaving = instructions.filter { $0.isConditional || $0.isCall }
        #expect(leaving.isEmpty, "\(leaving.map(\.text))")
        #expect(instructions.contains { $0.isReturn })
    }

    /// Setters and encoders take the steps: the sign of an encoded number, a set bit and the magnitude of a weight are not
    /// looked at elsewhere. Without optimisation the calls stand in closures of their own.
    @Test(
        .enabled(if: isOptimised),
        arguments: [
            ("$s12SottoAlgebra10PrimeFieldV6encodeySays6UInt64VGSays5Int64VGF", "sotto_field_encode_limb"),
            ("$s12SottoAlgebra9BitVectorVySbSicis", "sotto_ct_set_bit"),
            (
                "$s12SottoAlgebra10FixedPointV6encode_13magnitudeBitsSays5Int64VGSaySdG_SitAA0cD5ErrorOYKF",
                "sotto_fixed_point_encode"
            ),
            ("$s12SottoAlgebra10PrimeFieldV7negated_5whereSays6UInt64VGAH_AA9BitVectorVtF", "sotto_ct_select"),
        ])
    func callersTakeTheSteps(caller: String, step: String) throws {
        let instructions = try code.instructions(of: caller)
        #expect(!instructions.isEmpty, "\(caller) is not in the program")
        #expect(instructions.contains { $0.text.contains(step) }, "\(caller) does without \(step)")
    }

    /// What looks for branches finds them where they are: the comparison with p, of numbers that are no secrets.
    @Test func branchesAreFound() throws {
        let instructions = try code.instructions(of: "$s12SottoAlgebra10PrimeFieldV9isElement_2atSbSays6UInt64VG_SitF")
        #expect(instructions.contains { $0.isConditional })
    }
}

/// A program that shows machine code: GNU's or LLVM's `objdump`.
private struct Disassembler {
    static let notice: Comment =
        "There is no objdump or llvm-objdump on the PATH or beside swift, or this is not Linux: machine code is not looked at"

    struct Instruction {
        /// The mnemonic and its operands.
        let text: String
        private var mnemonic: Substring { text.prefix { !$0.isWhitespace } }

        init(_ text: String) { self.text = text }

        #if arch(x86_64)
            /// Jumps on flags and counters; moves on flags take the same time either way.
            var isConditional: Bool {
                mnemonic.hasPrefix("j") && !mnemonic.hasPrefix("jmp") || mnemonic.hasPrefix("loop")
            }
            /// A jump that leaves the function is one, too, and there is none of the others without a condition.
            var isCall: Bool { mnemonic.hasPrefix("call") || mnemonic.hasPrefix("jmp") }
            var isReturn: Bool { mnemonic.hasPrefix("ret") }
        #else
            var isConditional: Bool {
                mnemonic.hasPrefix("b.") || ["cbz", "cbnz", "tbz", "tbnz"].contains(String(mnemonic))
            }
            var isCall: Bool { ["bl", "blr", "br", "b"].contains(String(mnemonic)) }
            var isReturn: Bool { mnemonic == "ret" }
        #endif
    }

    private let tool: URL
    private let isLLVM: Bool

    static func find() -> Disassembler? {
        #if os(Linux)
            var places = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
            let swift = places.map { URL(fileURLWithPath: $0 + "/swift") }.first {
                FileManager.default.isExecutableFile(atPath: $0.path)
            }
            if let swift { places.append(swift.resolvingSymlinksInPath().deletingLastPathComponent().path) }
            for name in ["objdump", "llvm-objdump"] {
                for place in places where FileManager.default.isExecutableFile(atPath: place + "/" + name) {
                    let tool = URL(fileURLWithPath: place + "/" + name)
                    guard let version = try? output(of: tool, ["--version"]), !version.isEmpty else { continue }
                    return Disassembler(tool: tool, isLLVM: version.contains("LLVM"))
                }
            }
        #endif
        return nil
    }

    /// The instructions of a function of the built program, none if it has no such function.
    func instructions(of symbol: String) throws -> [Instruction] {
        let text = try Self.output(
            of: tool,
            [
                "-d", "--no-show-raw-insn", (isLLVM ? "--disassemble-symbols=" : "--disassemble=") + symbol,
                BuiltProgram.executable().path,
            ])
        return text.split(separator: "\n").compactMap { line in
            guard let match = line.firstMatch(of: /^\s*[0-9a-f]+:\s+(\S.*)$/) else { return nil }
            let text = String(match.1)
            // What fills the room up to the next function.
            return text.hasPrefix("nop") || text.hasPrefix("data16") || text.hasPrefix("cs nop")
                || text.hasPrefix("int3")
                || text.hasPrefix("xchg   %ax,%ax") ? nil : Instruction(text)
        }
    }

    private static func output(of tool: URL, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = tool
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }
}
