/// The checked-in expectations of `stress matrix`, compiled in: the command finds them wherever it is run from.
public enum Expected {
  /// The bytes of `matrix.json`.
  public static var matrix: [UInt8] { PackageResources.matrix_json }
}
