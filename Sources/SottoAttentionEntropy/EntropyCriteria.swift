/// The numbers behind the findings on a model; the paper gives no more than words for most of them.
public struct EntropyCriteria: Sendable, Hashable, Codable {
    /// A head is near zero below this fraction of `log T`.
    public let nearZero: Double
    /// Layers from this fraction of the depth on are deep, those before it early.
    public let deepFrom: Double
    /// Entropy collapse: at least this share of the deep layers' heads is near zero.
    public let collapseShare: Double
    /// Entropic overload: more than this share of all heads is in `[3max/4, max]`.
    ///
    /// The default lies between what the paper's well-behaved networks leave outside the middle, about 0.10, and the
    /// least that it calls an overload, 0.23.
    public let overloadShare: Double
    /// No overload where the largest head does not reach this fraction of `log(T!)/T`, the most that a causal head can.
    /// The paper has no such floor: it is what 0 means.
    public let overloadFloor: Double
    /// Well behaved: at least this share of all heads is in `[max/4, 3max/4)`, and there is neither failure. The paper
    /// says about 0.90.
    public let wellBehavedShare: Double

    /// The defaults.
    public init() {
        nearZero = 0.05
        deepFrom = 0.5
        collapseShare = 0.25
        overloadShare = 0.2
        overloadFloor = 0.5
        wellBehavedShare = 0.85
    }

    /// Criteria of these numbers, each from 0 to 1.
    /// - Throws: ``EntropyError/invalidCriterion(_:)``.
    public init(
        nearZero: Double = EntropyCriteria().nearZero, deepFrom: Double = EntropyCriteria().deepFrom,
        collapseShare: Double = EntropyCriteria().collapseShare,
        overloadShare: Double = EntropyCriteria().overloadShare,
        overloadFloor: Double = EntropyCriteria().overloadFloor,
        wellBehavedShare: Double = EntropyCriteria().wellBehavedShare
    ) throws(EntropyError) {
        let numbers = [
            ("nearZero", nearZero), ("deepFrom", deepFrom), ("collapseShare", collapseShare),
            ("overloadShare", overloadShare), ("overloadFloor", overloadFloor), ("wellBehavedShare", wellBehavedShare),
        ]
        for (name, number) in numbers where !(0...1).contains(number) { throw .invalidCriterion(name) }
        self.nearZero = nearZero
        self.deepFrom = deepFrom
        self.collapseShare = collapseShare
        self.overloadShare = overloadShare
        self.overloadFloor = overloadFloor
        self.wellBehavedShare = wellBehavedShare
    }

    /// - Throws: ``EntropyError/invalidCriterion(_:)``, besides what decoding throws.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            nearZero: container.decode(Double.self, forKey: .nearZero),
            deepFrom: container.decode(Double.self, forKey: .deepFrom),
            collapseShare: container.decode(Double.self, forKey: .collapseShare),
            overloadShare: container.decode(Double.self, forKey: .overloadShare),
            overloadFloor: container.decode(Double.self, forKey: .overloadFloor),
            wellBehavedShare: container.decode(Double.self, forKey: .wellBehavedShare))
    }

    /// The first deep layer of so many; the last layer is always deep.
    public func firstDeepLayer(of layers: Int) -> Int {
        min(Int(deepFrom * Double(layers)), layers - 1)
    }

    private enum CodingKeys: String, CodingKey {
        case nearZero = "near_zero"
        case deepFrom = "deep_from"
        case collapseShare = "collapse_share"
        case overloadShare = "overload_share"
        case overloadFloor = "overload_floor"
        case wellBehavedShare = "well_behaved_share"
    }
}
