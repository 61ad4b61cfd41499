import ArgumentParser

/// What becomes of values beyond the architecture's declared bounds.
struct RangeOptions: ParsableArguments {
    @Flag(help: "Go on where a value leaves its declared bound, with results that may be wrong; the report says so.")
    var allowOutOfRange = false
}
