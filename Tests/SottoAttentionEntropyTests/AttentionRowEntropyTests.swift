import Foundation
import SottoAttentionEntropy
import TestSupport
import Testing

struct AttentionRowEntropyTests {
    @Test(arguments: [1, 2, 3, 7, 128, 1000])
    func oneHotRowsHaveNoEntropy(count: Int) throws {
        for place in Set([0, count / 2, count - 1]) {
            var row = [Double](repeating: 0, count: count)
            row[place] = 1
            #expect(try AttentionRowEntropy.entropy(of: row) == 0)
            #expect(try AttentionRowEntropy.entropy(of: row, epsilon: 0) == 0)
            #expect(try AttentionRowEntropy.entropy(of: row, epsilon: 1e-3) == 0)
        }
    }

    @Test(arguments: [1, 2, 3, 7, 128, 1000])
    func uniformRowsReachTheLogarithm(count: Int) throws {
        let row = [Double](repeating: 1 / Double(count), count: count)
        #expect(abs(try AttentionRowEntropy.entropy(of: row) - log(Double(count))) < 2e-9)
        let single = [Float](repeating: 1 / Float(count), count: count)
        #expect(abs(try AttentionRowEntropy.entropy(of: single) - log(Double(count))) < 1e-5)
    }

    @Test func knownRows() throws {
        // Entropies of halvings: log 2 times the mean number of halvings.
        #expect(abs(try AttentionRowEntropy.entropy(of: [0.5, 0.25, 0.125, 0.125]) - 1.75 * log(2)) < 1e-11)
        #expect(abs(try AttentionRowEntropy.entropy(of: [0, 0.25, 0, 0.75]) - (log(4) - 0.75 * log(3))) < 1e-11)
    }

    @Test func zerosCountNothing() throws {
        let (dense, sparse) = ([0.2, 0.5, 0.3], [0, 0.2, 0, 0, 0.5, 0.3, 0])
        for epsilon in [0, 1e-12, 1e-3] {
            let entropy = try AttentionRowEntropy.entropy(of: dense, epsilon: epsilon)
            #expect(try AttentionRowEntropy.entropy(of: sparse, epsilon: epsilon) == entropy)
        }
    }

    @Test func epsilonTakesAtMostItselfForEachKey() throws {
        var generator = SeededGenerator(1)
        for epsilon in [1e-12, 1e-9, 1e-6, 1e-3] {
            for count in [2, 10, 300] {
                let powers = (0..<count).map { _ in exp(Double.random(in: -30...0, using: &generator)) }
                let row = powers.map { $0 / powers.reduce(0, +) }
                let loss =
                    try AttentionRowEntropy.entropy(of: row, epsilon: 0)
                    - AttentionRowEntropy.entropy(of: row, epsilon: epsilon)
                #expect(loss >= -1e-13 && loss <= Double(count) * epsilon + 1e-13, "\(count) keys, \(epsilon)")
                // It is seen where it is large.
                if epsilon == 1e-3, count == 300 { #expect(loss > 1e-4) }
            }
        }
    }

    @Test func numbersThatAreNoRow() {
        func error(_ row: [Double]) -> AttentionRowError? {
            do { _ = try AttentionRowEntropy.entropy(of: row) } catch { return error }
            return nil
        }
        #expect(error([]) == .empty)
        #expect(error([0.5, -0.1, 0.6]) == .invalidProbability(key: 1))
        #expect(error([0.5, 0.5, -1e-300]) == .invalidProbability(key: 2))
        #expect(error([.nan, 1]) == .invalidProbability(key: 0))
        #expect(error([0, .infinity]) == .invalidProbability(key: 1))
        #expect(error([0.5, 0.4]) == .unnormalized)
        #expect(error([1, 1]) == .unnormalized)
        #expect(error([0, 0]) == .unnormalized)
        #expect(error([0.5, 0.495]) == nil)
        #expect(error([1, -0.0]) == nil)
    }
}
