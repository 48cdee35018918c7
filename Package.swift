// swift-tools-version: 6.2
import PackageDescription

/// Settings of every target of ours: warnings are errors, and the three upcoming features that
/// keep imports and existentials explicit.
let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

/// As `strict`, and what Embedded Swift refuses is an error on the host too.
let embeddable = strict + [.treatWarning("EmbeddedRestrictions", as: .error)]

/// Has one of the bugs of `docs/planted-bugs.md` switched on in runs of the simulation. Without the
/// variable none is compiled in.
let isPlanting = Context.environment["RELINK_PLANTED_BUGS"] == "1"
let plantable: [SwiftSetting] = isPlanting ? [.define("PLANTED_BUGS")] : []

let package = Package(
  name: "relink",
  products: [
    .executable(name: "relink", targets: ["relink"]),
    .executable(name: "relink-device", targets: ["relink-device"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
  ],
  targets: [
    // The device.
    .target(name: "DeviceProtocol", swiftSettings: embeddable + plantable),
    .target(
      name: "DeviceCore", dependencies: ["DeviceProtocol"], swiftSettings: embeddable + plantable),
    .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CLibUUID", pkgConfig: "uuid", providers: [.apt(["uuid-dev"])]),
    .target(
      name: "DeviceHost", dependencies: ["DeviceCore", "DeviceProtocol", "COpenSSL", "CLibUUID"],
      swiftSettings: strict),
    .executableTarget(
      name: "relink-device", dependencies: ["DeviceHost", "DeviceCore", "DeviceProtocol"],
      swiftSettings: strict),

    // The cloud.
    .target(
      name: "CloudCore",
      dependencies: [
        "DeviceProtocol",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "CryptoExtras", package: "swift-crypto"),
      ],
      swiftSettings: strict + plantable),
    .target(
      name: "CloudStore",
      dependencies: [
        "CloudCore", "DeviceProtocol", .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ],
      swiftSettings: strict),
    .target(
      name: "CloudServer",
      dependencies: [
        "CloudCore", "CloudStore", "DeviceProtocol",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "NIOTLS", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "SwiftASN1", package: "swift-asn1"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ],
      swiftSettings: strict),

    // The lab.
    .target(
      name: "Simulation",
      dependencies: [
        "CloudCore", "DeviceCore", "DeviceProtocol",
        .product(name: "Crypto", package: "swift-crypto"),
      ],
      swiftSettings: strict + plantable),
    .target(
      name: "Scenarios",
      dependencies: [
        "CloudCore", "DeviceCore", "DeviceProtocol", "Simulation",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOFoundationCompat", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "relink",
      dependencies: [
        "CloudCore", "CloudServer", "CloudStore", "COpenSSL", "DeviceHost", "DeviceProtocol",
        "Scenarios", "Simulation",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ],
      swiftSettings: strict),

    // Tests.
    .target(
      name: "TestSupport",
      dependencies: [
        "CloudCore", "DeviceProtocol", .product(name: "Crypto", package: "swift-crypto"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "DeviceProtocolTests", dependencies: ["DeviceProtocol", "TestSupport"],
      swiftSettings: strict + plantable),
    .testTarget(
      name: "DeviceCoreTests", dependencies: ["DeviceCore", "DeviceProtocol", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "DeviceHostTests",
      dependencies: ["DeviceHost", "DeviceCore", "DeviceProtocol", "COpenSSL", "relink-device"],
      swiftSettings: strict),
    .testTarget(
      name: "CloudCoreTests",
      dependencies: [
        "CloudCore", "DeviceProtocol", "TestSupport",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "CryptoExtras", package: "swift-crypto"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "CloudStoreTests",
      dependencies: [
        "CloudStore", "CloudCore", "DeviceProtocol", "TestSupport",
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "CloudServerTests",
      dependencies: [
        "CloudServer", "CloudStore", "CloudCore", "DeviceHost", "DeviceProtocol", "TestSupport",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "CryptoExtras", package: "swift-crypto"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdTesting", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOEmbedded", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      exclude: ["Transcripts"], swiftSettings: strict),
    .testTarget(
      name: "SimulationTests",
      dependencies: ["Simulation", "CloudCore", "DeviceCore", "DeviceProtocol", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "ScenariosTests",
      dependencies: ["Scenarios", "Simulation", "CloudCore", "DeviceProtocol"],
      swiftSettings: strict),
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "CloudCore", "DeviceProtocol", "Scenarios", "Simulation", "TestSupport", "relink",
        "relink-device",
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: strict),
  ]
)

if isPlanting {
  package.targets.append(
    .executableTarget(
      name: "relink-mutants",
      dependencies: [
        "DeviceProtocol", "Simulation",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict + plantable))
}
