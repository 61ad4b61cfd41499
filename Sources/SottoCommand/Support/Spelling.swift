/// What was likely meant by a name that is none.
enum Spelling {
    /// The name with the fewest letters to change, if these are few.
    static func nearest(to name: String, in names: [String]) -> String? {
        let distances = names.map { (name: $0, distance: distance(Array(name.lowercased()), Array($0.lowercased()))) }
        guard let best = distances.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance <= max(1, best.name.count / 3) ? best.name : nil
    }

    /// Insertions, deletions, replacements, and exchanges of neighbours that make one of the other.
    private static func distance(_ first: [Character], _ second: [Character]) -> Int {
        // Names are short; what is much longer is none of them.
        guard first.count <= 64 else { return .max }
        var rows = [Array(0...second.count)]
        for row in first.indices {
            var next = [row + 1]
            for column in second.indices {
                let replaced = rows[row][column] + (first[row] == second[column] ? 0 : 1)
                var least = min(replaced, rows[row][column + 1] + 1, next[column] + 1)
                if row > 0, column > 0, first[row] == second[column - 1], first[row - 1] == second[column] {
                    least = min(least, rows[row - 1][column - 1] + 1)
                }
                next.append(least)
            }
            rows.append(next)
        }
        return rows[first.count][second.count]
    }
}
