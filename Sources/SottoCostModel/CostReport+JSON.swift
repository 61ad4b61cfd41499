import SottoReporting

extension CostReport {
    /// The report as JSON, with sorted keys: equal reports give equal text.
    public func json() throws -> String { try JSONText.of(self) }
}
