/// Sizes of matrix products at which kernels are measured beside each other.
public struct CrossoverLadder: Sendable, Hashable {
    public var rows: [Int]
    public var depths: [Int]
    /// Of the right matrix.
    public var columns: Int
    /// The same modulo a prime, where products take some fifty times as long.
    public var fieldRows: [Int]
    public var fieldDepths: [Int]
    public var fieldColumns: Int
    /// Of every product, whose median counts; of long ones 3 at most.
    public var repetitions: Int

    public init(
        rows: [Int], depths: [Int], columns: Int, fieldRows: [Int], fieldDepths: [Int], fieldColumns: Int,
        repetitions: Int
    ) {
        self.rows = rows
        self.depths = depths
        self.columns = columns
        self.fieldRows = fieldRows
        self.fieldDepths = fieldDepths
        self.fieldColumns = fieldColumns
        self.repetitions = repetitions
    }

    /// From one row to those of a short prompt, with one more than whole tiles of 4 and 16 rows, where kernels that have such
    /// lose most, and from the depth of a head's part to that of a wide model: a few seconds.
    public static let full = CrossoverLadder(
        rows: [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 16, 17, 24, 32, 33, 64, 128],
        depths: [16, 32, 64, 128, 256, 512, 1024],
        columns: 768, fieldRows: [1, 2, 4, 8, 16], fieldDepths: [4, 8, 16, 32, 64, 128, 256, 512, 1024],
        fieldColumns: 64, repetitions: 5)

    /// Roughly, within a second.
    public static let quick = CrossoverLadder(
        rows: [1, 2, 4, 5, 8, 9, 12, 13, 16, 17, 32, 64], depths: [16, 64, 256, 1024], columns: 256,
        fieldRows: [1, 4, 16], fieldDepths: [4, 8, 16, 64, 256], fieldColumns: 32, repetitions: 3)
}
