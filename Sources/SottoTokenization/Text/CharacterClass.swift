/// Classes of characters as the tokenizers' own libraries have them.
///
/// Their tables are of different versions of Unicode: patterns know 16, where the standard library may know more.
enum CharacterClass: Hashable, Sendable {
    /// `\p{...}`: a set of general categories, as bits.
    case categories(UInt32)
    /// `\s`.
    case space
    /// `\w` of patterns.
    case word

    func contains(_ value: UInt32) -> Bool {
        guard let scalar = Unicode.Scalar(value) else { return false }
        switch self {
        case .categories(let bits): return bits >> Self.category(of: scalar).bit & 1 == 1
        case .space: return scalar.properties.isWhitespace
        case .word: return Self.isWord(scalar) && !scalar.properties.isJoinControl || Self.latinWords.contains(value)
        }
    }

    /// Superscripts and fractions below U+0100, which patterns take for parts of words.
    private static let latinWords: Set<UInt32> = [0xB2, 0xB3, 0xB9, 0xBC, 0xBD, 0xBE]

    /// Whether a character belongs to a word where an added token must be a word of its own.
    static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        let properties = scalar.properties
        guard properties.isAlphabetic || properties.isJoinControl || Self.marksAndDigits.contains(scalar) else {
            return false
        }
        return isKnown(scalar, inVersion: patternVersion)
    }

    /// Whether a character is a number where digits are split off; of the newest Unicode.
    static func isNumeric(_ value: UInt32) -> Bool {
        guard let scalar = Unicode.Scalar(value) else { return false }
        return value < 0x80
            ? (0x30...0x39).contains(value) : numbers >> scalar.properties.generalCategory.bit & 1 == 1
    }

    private static let numbers = Unicode.GeneralCategory.bits(of: [.decimalNumber, .letterNumber, .otherNumber])
    private static let marksAndDigits = Unicode.GeneralCategory.bits(
        of: [.nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation])

    /// The category of a character in patterns.
    private static func category(of scalar: Unicode.Scalar) -> Unicode.GeneralCategory {
        // A letter since 1991, of which Unicode 17 says that it has no case.
        if scalar.value == 0x295 { return .lowercaseLetter }
        let category = scalar.properties.generalCategory
        return isKnown(scalar, inVersion: patternVersion) ? category : .unassigned
    }

    private static let patternVersion = 16

    /// Whether a version of Unicode has the character.
    static func isKnown(_ scalar: Unicode.Scalar, inVersion version: Int) -> Bool {
        if scalar.value < 0x80 { return true }
        guard let age = scalar.properties.age else { return true }
        return age.major < version || age.major == version && age.minor == 0
    }
}

extension UInt32 {
    fileprivate func contains(_ scalar: Unicode.Scalar) -> Bool {
        self >> scalar.properties.generalCategory.bit & 1 == 1
    }
}

extension Unicode.GeneralCategory {
    /// Its place in a set of categories.
    var bit: UInt32 {
        switch self {
        case .uppercaseLetter: 0
        case .lowercaseLetter: 1
        case .titlecaseLetter: 2
        case .modifierLetter: 3
        case .otherLetter: 4
        case .nonspacingMark: 5
        case .spacingMark: 6
        case .enclosingMark: 7
        case .decimalNumber: 8
        case .letterNumber: 9
        case .otherNumber: 10
        case .connectorPunctuation: 11
        case .dashPunctuation: 12
        case .openPunctuation: 13
        case .closePunctuation: 14
        case .initialPunctuation: 15
        case .finalPunctuation: 16
        case .otherPunctuation: 17
        case .mathSymbol: 18
        case .currencySymbol: 19
        case .modifierSymbol: 20
        case .otherSymbol: 21
        case .spaceSeparator: 22
        case .lineSeparator: 23
        case .paragraphSeparator: 24
        case .control: 25
        case .format: 26
        case .privateUse: 27
        case .surrogate: 28
        case .unassigned: 29
        @unknown default: 31
        }
    }

    /// Two letters for each; a name of one letter is all that begin with it.
    static let all: [(name: String, category: Unicode.GeneralCategory)] = [
        ("Lu", .uppercaseLetter), ("Ll", .lowercaseLetter), ("Lt", .titlecaseLetter), ("Lm", .modifierLetter),
        ("Lo", .otherLetter), ("Mn", .nonspacingMark), ("Mc", .spacingMark), ("Me", .enclosingMark),
        ("Nd", .decimalNumber), ("Nl", .letterNumber), ("No", .otherNumber), ("Pc", .connectorPunctuation),
        ("Pd", .dashPunctuation), ("Ps", .openPunctuation), ("Pe", .closePunctuation), ("Pi", .initialPunctuation),
        ("Pf", .finalPunctuation), ("Po", .otherPunctuation), ("Sm", .mathSymbol), ("Sc", .currencySymbol),
        ("Sk", .modifierSymbol), ("So", .otherSymbol), ("Zs", .spaceSeparator), ("Zl", .lineSeparator),
        ("Zp", .paragraphSeparator), ("Cc", .control), ("Cf", .format), ("Co", .privateUse), ("Cs", .surrogate),
        ("Cn", .unassigned),
    ]

    static func bits(of categories: [Unicode.GeneralCategory]) -> UInt32 {
        categories.reduce(0) { $0 | 1 << $1.bit }
    }

    /// The categories of a name such as `L` or `Lu`; 0 if there are none.
    static func bits(named name: String) -> UInt32 {
        guard (1...2).contains(name.utf8.count) else { return 0 }
        return bits(
            of: all.filter { $0.name == name || name.utf8.count == 1 && $0.name.hasPrefix(name) }.map(\.category))
    }
}
