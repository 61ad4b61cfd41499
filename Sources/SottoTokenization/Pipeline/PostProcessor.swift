/// The ids that stand around those of every text.
struct PostProcessor: Hashable, Sendable {
    /// Before the text, and after it.
    var before: [Int] = []
    var after: [Int] = []
}
