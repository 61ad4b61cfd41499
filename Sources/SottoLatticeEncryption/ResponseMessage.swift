/// A response: the masks of all packed ciphertexts, one after the other, then the used coefficients of the bodies as the
/// product's entries, row-major.
package struct ResponseWriter {
    private let product: EncryptedProduct
    private let switchModulus: ModulusSwitch
    private var masks: [UInt128] = []
    private var bodies: [UInt128]
    private(set) var share: [UInt64]

    package init(_ product: EncryptedProduct, _ ring: ResidueRing) {
        self.product = product
        switchModulus = ModulusSwitch(ring)
        let count = product.product.rows * product.product.columns
        bodies = [UInt128](repeating: 0, count: count)
        share = [UInt64](repeating: 0, count: count)
    }

    package var bytes: [UInt8] {
        WidePacking.pack(masks, width: product.widths.mask) + WidePacking.pack(bodies, width: product.widths.body)
    }

    /// Switches a ciphertext's coefficients to the moduli of responses, and masks what the client decrypts by uniform words,
    /// whose negatives are the server's share: a plaintext's last place is 2 in the body.
    package mutating func append(_ ciphertext: Ciphertext, share uniform: [UInt64], rowBlock: Int, columnBlock: Int) {
        let (layout, shape) = (product.layout, product.product)
        masks += switchModulus(ciphertext.mask, width: product.widths.mask)
        let body = switchModulus(ciphertext.body, width: product.widths.body)
        let ringMask: UInt64 = .max >> UInt64(64 - shape.width)
        let bodyMask: UInt128 = (1 << UInt128(product.widths.body)) - 1
        for (i, row) in layout.rowRange(rowBlock, shape).enumerated() {
            for (j, column) in layout.columnRange(columnBlock, shape).enumerated() {
                let place = i * layout.blockInner + j * layout.columnStride
                let entry = row * shape.columns + column
                let secret = uniform[place] & ringMask
                bodies[entry] = (body[place] &+ (UInt128(secret) << 1)) & bodyMask
                share[entry] = (0 &- secret) & ringMask
            }
        }
    }
}

/// What the client decrypts.
package struct ResponseReader {
    private let product: EncryptedProduct
    private let phase: SecretPhase

    package init(_ product: EncryptedProduct, _ phase: SecretPhase) {
        self.product = product
        self.phase = phase
    }

    /// The client's share.
    ///
    /// - Throws: `LatticeError.wrongByteCount` or `.nonzeroPadding`.
    package func share(_ bytes: [UInt8]) throws(LatticeError) -> [UInt64] {
        let (layout, shape, widths) = (product.layout, product.product, product.widths)
        guard bytes.count == product.responseBytes else {
            throw .wrongByteCount(expected: product.responseBytes, actual: bytes.count)
        }
        let (degree, entries) = (product.parameters.degree, shape.rows * shape.columns)
        let split = WidePacking.byteCount(count: product.responseCount * degree, width: widths.mask)
        let masks = try WidePacking.unpack(
            Array(bytes[..<split]), count: product.responseCount * degree, width: widths.mask)
        let bodies = try WidePacking.unpack(Array(bytes[split...]), count: entries, width: widths.body)
        var share = [UInt64](repeating: 0, count: entries)
        let ringMask: UInt64 = .max >> UInt64(64 - shape.width)
        // The last place of a plaintext, in units of the mask's modulus.
        let place = UInt128(widths.mask - shape.width)
        let up = UInt128(widths.mask - widths.body)
        let half: UInt128 = 1 << (place - 1)
        for rowBlock in 0..<layout.rowBlocks(shape) {
            for columnBlock in 0..<layout.columnBlocks(shape) {
                let index = rowBlock * layout.columnBlocks(shape) + columnBlock
                let products = phase.products(masks[(index * degree)..<((index + 1) * degree)])
                for (i, row) in layout.rowRange(rowBlock, shape).enumerated() {
                    for (j, column) in layout.columnRange(columnBlock, shape).enumerated() {
                        let entry = row * shape.columns + column
                        let part = products[i * layout.blockInner + j * layout.columnStride]
                        let rounded = ((bodies[entry] << up) &+ part &+ half) >> place
                        share[entry] = UInt64(truncatingIfNeeded: rounded) & ringMask
                    }
                }
            }
        }
        return share
    }
}
