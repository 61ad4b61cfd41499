/// The coefficients of rotary position embedding as integers, the same at both parties.
///
/// Parties multiply shares by them, so one unit of difference between two hosts would spoil the result. They are
/// therefore made without any mathematical library, whose last bits differ from one system to the next: from additions,
/// multiplications, divisions and roundings alone, which IEEE 754 defines to the last bit.
struct RotaryAngles: Sendable, Hashable {
    /// Frequencies are `theta^(-2i/headWidth)`.
    let theta: Double
    let headWidth: Int
    let firstPosition: Int
    let positions: Int
    /// Fraction bits of the coefficients.
    let scale: Int

    /// Cosines and sines at `scale` fraction bits, each `[positions, headWidth/2]`, within one unit of the exact ones for
    /// positions below 2^17.
    func coefficients() -> (cosines: [Int64], sines: [Int64]) {
        let frequencies = frequencies()
        let unit = scaled(1, by: scale)
        var (cosines, sines): ([Int64], [Int64]) = ([], [])
        cosines.reserveCapacity(positions * frequencies.count)
        sines.reserveCapacity(positions * frequencies.count)
        for position in firstPosition..<(firstPosition + positions) {
            for frequency in frequencies {
                let (cosine, sine) = Self.cosineAndSine(Double(position) * frequency)
                cosines.append(Int64((cosine * unit).rounded()))
                sines.append(Int64((sine * unit).rounded()))
            }
        }
        return (cosines, sines)
    }

    /// `theta^(-2i/headWidth)` for every pair `i`, from the root of theta by bisection.
    private func frequencies() -> [Double] {
        let pairs = headWidth / 2
        var (low, high) = (1.0, theta)
        // Each step halves the interval; 100 of them leave none of 1e9 in double precision.
        for _ in 0..<100 {
            let middle = (low + high) / 2
            if (0..<pairs).reduce(1, { power, _ in power * middle }) < theta { low = middle } else { high = middle }
        }
        var power = 1.0
        return (0..<pairs).map { _ in
            defer { power *= high }
            return 1 / power
        }
    }

    /// `cos` and `sin` of an angle from 0 to 2^17: the rest after multiples of π/2, then their series.
    private static func cosineAndSine(_ angle: Double) -> (Double, Double) {
        let quarters = (angle * 0.6366197723675814).rounded()
        // π/2 as the sum of 33 bits, which `quarters` multiply exactly, and the rest.
        let rest = (angle - quarters * 0x1.921fb544p+0) - quarters * 0x1.0b4611a626331p-34
        let square = rest * rest
        // 1 - x²/2·(1 - x²/(3·4)·(1 - ...)) and x·(1 - x²/(2·3)·(1 - x²/(4·5)·(1 - ...))).
        var (cosine, sine) = (1.0, 1.0)
        for term in stride(from: 16.0, through: 2, by: -2) {
            cosine = 1 - square / ((term - 1) * term) * cosine
            sine = 1 - square / (term * (term + 1)) * sine
        }
        sine *= rest
        return switch Int(quarters) % 4 {
        case 0: (cosine, sine)
        case 1: (-sine, cosine)
        case 2: (-cosine, -sine)
        default: (sine, -cosine)
        }
    }
}
