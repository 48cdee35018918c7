import ArgumentParser
import Foundation

/// Where the cloud's public listener is, and whom its certificate is of.
struct PublicCloudOptions: ParsableArguments {
  @Option(
    name: .customLong("cloud"),
    help: ArgumentHelp(
      "The cloud's origin (default: $RELINK_CLOUD, else https://127.0.0.1:8443).",
      valueName: "origin"))
  private var given: String?

  @Option(
    help: ArgumentHelp(
      "The authority that the cloud's certificate is of (default: $RELINK_CA, else of the development CA).",
      valueName: "file"), completion: .file())
  var ca: String?

  @Option(
    help: ArgumentHelp(
      "The folder of the development CA, as of 'relink cloud'.", valueName: "folder"),
    completion: .directory)
  var developmentCa: String?

  func validate() throws {
    guard self.ca == nil || self.developmentCa == nil else {
      throw ValidationError("Give --ca or --development-ca, not both.")
    }
    guard let url = URL(string: self.origin), ["https", "http"].contains(url.scheme),
      url.host()?.isEmpty == false
    else {
      throw ValidationError(
        "'\(Terminal.printable(self.origin))' is no origin such as https://127.0.0.1:8443.")
    }
  }

  /// Without a slash at its end, which paths begin with.
  var origin: String {
    let text =
      self.given ?? ProcessInfo.processInfo.environment["RELINK_CLOUD"] ?? "https://127.0.0.1:8443"
    return text.hasSuffix("/") ? String(text.dropLast()) : text
  }

  /// The file of the authority's certificate; nil for a cloud without TLS, unless one is named.
  var authority: String? {
    if let ca { return ca }
    if let developmentCa { return developmentCa + "/server-ca.pem" }
    // No CA was made for it, and none is asked for.
    if URL(string: self.origin)?.scheme == "http" { return nil }
    return ProcessInfo.processInfo.environment["RELINK_CA"]
      ?? DefaultFolders.developmentCA + "/server-ca.pem"
  }
}
