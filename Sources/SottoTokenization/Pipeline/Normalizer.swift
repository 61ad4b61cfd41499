/// What is done to a text before it is split.
indirect enum Normalizer: Hashable, Sendable {
    case form(NormalForm)
    /// Puts a text before every text that is not empty.
    case prepend([UInt32])
    case replace(Replacement)
    case sequence([Normalizer])

    func normalized(_ text: [UInt32]) -> [UInt32] {
        switch self {
        case .form(let form): form.normalized(text)
        case .prepend(let before): text.isEmpty ? text : before + text
        case .replace(let replacement): replacement.applied(to: text[...])
        case .sequence(let steps): steps.reduce(text) { $1.normalized($0) }
        }
    }
}
