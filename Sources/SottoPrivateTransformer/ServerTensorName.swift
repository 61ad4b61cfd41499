/// Names of the server's tensors in a forward pass.
enum ServerTensorName {
    /// Of one token in a row; ``EmbeddingTable/tensor`` names others.
    static let embedding = "embedding"
    static let positions = "positions"
    static let head = "head"

    static func bias(of name: String) -> String { name + "/bias" }
    static func queryKeyValue(_ layer: Int) -> String { "layer.\(layer)/attention/qkv" }
    static func inverseTemperature(_ layer: Int) -> String { "layer.\(layer)/attention/inverse-temperature" }
    static func attentionOutput(_ layer: Int) -> String { "layer.\(layer)/attention/output" }
    static func feedForwardInput(_ layer: Int) -> String { "layer.\(layer)/ffn/input" }
    static func feedForwardOutput(_ layer: Int) -> String { "layer.\(layer)/ffn/output" }
    static func fused(_ layer: Int) -> String { "layer.\(layer)/ffn/fused" }
    static func beta(_ layer: Int) -> String { "layer.\(layer)/ffn/beta" }
}
