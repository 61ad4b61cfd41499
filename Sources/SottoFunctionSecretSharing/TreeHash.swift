import CSottoCipherKernels
import SottoRandomness

/// `H(x) = π(x) ⊕ x` for a fixed-key permutation π (Matyas, Meyer and Oseas): the pseudorandom function that grows a node
/// of a tree into its children and its values. A node's seed is hashed with a tweak for each of them; seeds are uniform and
/// secret, so that this is a pseudorandom generator in the ideal-permutation model (Guo et al., Half-Tree, EUROCRYPT 2023,
/// ePrint 2022/1431, section 2).
///
/// Holds a cipher's context that calls change: one owner, one thread at a time.
public final class TreeHash {
    /// The ways to many blocks at once; all give the same.
    public enum Kernel: CaseIterable, Sendable {
        /// OpenSSL's, on every processor.
        case openSSL
        /// Instructions for one block and for four.
        case aes, vectorAES

        public var isAvailable: Bool { path.map { sotto_aes_available($0) } ?? true }

        var path: sotto_aes_path? {
            switch self {
            case .openSSL: nil
            case .aes: SOTTO_AES_NI
            case .vectorAES: SOTTO_VAES
            }
        }

        /// The fastest that this processor can run.
        public static var fastest: Kernel { [.vectorAES, .aes].first(where: \.isAvailable) ?? .openSSL }
    }

    /// What a seed is hashed for: the block that is added to it. A seed's lowest bit is not set.
    enum Tweak {
        static func child(isRight: Bool) -> Block { Block(isRight ? 1 : 0, 0) }
        /// Values of a node or a leaf, block by block.
        static func values(_ block: Int) -> Block { Block(0, UInt64(block) + 1) }
        /// The payload, at the root.
        static func payload(_ block: Int) -> Block { Block(0, 1 << 32 + UInt64(block)) }
    }

    let kernel: Kernel
    /// For kernels with instructions.
    private(set) var roundKeys = [UInt8](repeating: 0, count: 176)
    private let cipher: FixedKeyCipher
    private var scratch: [Block]

    /// Blocks that OpenSSL gets at a time, which stay in the first-level cache.
    private static let chunk = 512

    /// - Parameter kernel: which is available.
    /// - Throws: `RandomnessError.openSSL` if OpenSSL lacks the cipher or memory.
    public init(kernel: Kernel = .fastest) throws(RandomnessError) {
        // "fsstree", public.
        let key: UInt64 = 0x6673_7374_7265_65
        cipher = try FixedKeyCipher(key: key)
        self.kernel = kernel
        scratch = kernel == .openSSL ? [Block](repeating: .zero, count: Self.chunk) : []
        guard kernel != .openSSL else { return }
        withUnsafeBytes(of: (key.littleEndian, UInt64(0))) { key in
            sotto_aes_expand(key.bindMemory(to: UInt8.self).baseAddress, &roundKeys)
        }
    }

    /// Hashes in place.
    func hash(_ blocks: inout [Block]) throws(RandomnessError) {
        guard let path = kernel.path else { return try hashByOpenSSL(&blocks) }
        blocks.withUnsafeMutableBytes { bytes in
            guard let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            sotto_aes_mmo(path, roundKeys, start, start, bytes.count / Block.byteCount)
        }
    }

    private func hashByOpenSSL(_ blocks: inout [Block]) throws(RandomnessError) {
        for start in stride(from: 0, to: blocks.count, by: Self.chunk) {
            let size = min(Self.chunk, blocks.count - start)
            try cipher.permute(Array(blocks[start..<(start + size)]), to: &scratch, count: size)
            for index in 0..<size { blocks[start + index] ^= scratch[index] }
        }
    }

    /// The hashes of all seeds with one tweak.
    func hashes(_ seeds: [Block], _ tweak: Block) throws(RandomnessError) -> [Block] {
        var blocks = seeds.map { $0 ^ tweak }
        try hash(&blocks)
        return blocks
    }
}
