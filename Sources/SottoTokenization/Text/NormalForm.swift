import Foundation

/// Unicode's normal forms, as of the version that the tokenizers' own library knows: later characters are left alone.
enum NormalForm: String, Sendable, Hashable {
    case canonicalComposition = "NFC"
    case canonicalDecomposition = "NFD"
    case compatibleComposition = "NFKC"
    case compatibleDecomposition = "NFKD"

    private static let version = 9

    func normalized(_ text: [UInt32]) -> [UInt32] {
        if text.allSatisfy({ $0 < 0x80 }) { return text }
        // Nothing reaches across a character that is not known.
        return Self.byRuns(of: text, where: { CharacterClass.isKnown($0, inVersion: Self.version) }, known)
    }

    private var isComposition: Bool { self == .canonicalComposition || self == .compatibleComposition }
    private var isCompatible: Bool { self == .compatibleComposition || self == .compatibleDecomposition }

    private func known(_ run: String.UnicodeScalarView) -> [UInt32] {
        let text = String(run)
        // Foundation's compatible forms leave out the canonical step for some characters.
        let decomposed = (isCompatible ? text.decomposedStringWithCompatibilityMapping : text)
            .decomposedStringWithCanonicalMapping.unicodeScalars.map(\.value)
        guard isComposition else { return decomposed }
        // Foundation composes some Hangul that are none; Hangul and other characters have nothing to do with each other.
        return Self.byRuns(
            of: Hangul.composed(decomposed), where: { !Hangul.contains($0.value) },
            { String($0).precomposedStringWithCanonicalMapping.unicodeScalars.map(\.value) })
    }

    /// The text with every longest run of characters that belong changed, and others as they are.
    private static func byRuns(
        of text: [UInt32], where belongs: (Unicode.Scalar) -> Bool, _ change: (String.UnicodeScalarView) -> [UInt32]
    ) -> [UInt32] {
        var result: [UInt32] = []
        var run = String.UnicodeScalarView()
        for value in text {
            guard let scalar = Unicode.Scalar(value) else { continue }
            if belongs(scalar) {
                run.append(scalar)
                continue
            }
            if !run.isEmpty { result += change(run) }
            result.append(value)
            run = String.UnicodeScalarView()
        }
        return run.isEmpty ? result : result + change(run)
    }
}

/// Syllables and the letters that they are composed of, which Unicode's standard defines by arithmetic.
private enum Hangul {
    private static let (leading, vowel, trailing, syllable): (UInt32, UInt32, UInt32, UInt32) = (
        0x1100, 0x1161, 0x11A7, 0xAC00
    )
    private static let (leadings, vowels, trailings): (UInt32, UInt32, UInt32) = (19, 21, 28)

    static func contains(_ value: UInt32) -> Bool {
        (0x1100...0x11FF).contains(value) || (0xAC00...0xD7A3).contains(value)
    }

    static func composed(_ text: [UInt32]) -> [UInt32] {
        var result: [UInt32] = []
        result.reserveCapacity(text.count)
        for value in text {
            if let last = result.last, let syllable = syllable(last, value) {
                result[result.count - 1] = syllable
            } else {
                result.append(value)
            }
        }
        return result
    }

    private static func syllable(_ first: UInt32, _ second: UInt32) -> UInt32? {
        if (leading..<leading + leadings).contains(first), (vowel..<vowel + vowels).contains(second) {
            return syllable + ((first - leading) * vowels + second - vowel) * trailings
        }
        let isOpen =
            (syllable..<syllable + leadings * vowels * trailings).contains(first)
            && (first - syllable).isMultiple(of: trailings)
        guard isOpen, (trailing + 1..<trailing + trailings).contains(second) else { return nil }
        return first + second - trailing
    }
}
