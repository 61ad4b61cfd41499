extension Architecture {
    /// The same network with another number of layers: the first ones, or all of them over again.
    /// - Throws: ``ArchitectureError`` if the count is beyond ``limits``, or layers that differ would have to be repeated.
    public func withDepth(_ count: Int) throws(ArchitectureError) -> Architecture {
        guard (1...Self.limits.layers).contains(count) else {
            throw .sizeOutOfRange(name: "layers", size: count, limit: Self.limits.layers)
        }
        guard count <= layers.count || layers.allSatisfy({ $0 == layers[0] }) else {
            throw .unrepeatableLayers(requested: count, available: layers.count)
        }
        return try with(layers: (0..<count).map { layers[$0 % layers.count] })
    }

    /// The same network with another width: heads keep their width, and the FFN its ratio to the width, rounded down; as
    /// many query heads as before share a head of keys and values.
    /// - Throws: ``ArchitectureError`` if a size is beyond ``limits``, or the width is no multiple of what shares a head of
    ///   keys and values.
    public func withWidth(_ newWidth: Int) throws(ArchitectureError) -> Architecture {
        guard (1...Self.limits.width).contains(newWidth) else {
            throw .sizeOutOfRange(name: "width", size: newWidth, limit: Self.limits.width)
        }
        let groupWidth = headWidth * (heads / keyValueHeads)
        guard newWidth % groupWidth == 0 else { throw .indivisibleResize(width: newWidth, groupWidth: groupWidth) }
        return try Architecture(
            layers: layers, heads: newWidth / headWidth, keyValueHeads: newWidth / groupWidth, width: newWidth,
            feedForwardWidth: feedForwardWidth * newWidth / width, context: context, vocabulary: vocabulary,
            tiedHead: tiedHead, finalNorm: finalNorm, layerNormEpsilon: layerNormEpsilon, positions: positions,
            hasBiases: hasBiases, bounds: bounds)
    }
}
