import CloudCore
import DeviceProtocol
import Simulation

extension Forgery {
  /// Of pairing and linking again.
  static let ofPairing: [Forgery] = [
    Forgery(5, "an unknown pairing token accepted") { stage in
      let app = stage.signIn("ada@x")
      return stage.observe(
        .pair(token: "p-0", kind: .camera), stage.tokens(app.account, .porch).answer,
        certificate: .porch)
    },
    Forgery(5, "an expired pairing token accepted") { stage in
      let app = stage.signIn("ada@x")
      let token = stage.pairingToken(by: app)
      stage.advance(milliseconds: 600_000)
      return stage.observe(
        .pair(token: token, kind: .camera), stage.tokens(app.account, .porch).answer,
        certificate: .porch)
    },
    Forgery(6, "a pairing token refused in its last millisecond") { stage in
      let token = stage.pairingToken(by: stage.signIn("ada@x"))
      stage.advance(milliseconds: 599_999)
      return stage.observe(
        .pair(token: token, kind: .camera), .denied("pairing_token_expired"), certificate: .porch)
    },
    Forgery(5, "a pairing token used by a second device") { stage in
      let app = stage.signIn("ada@x")
      let token = stage.pairingToken(by: app)
      stage.right(
        .pair(token: token, kind: .camera), stage.tokens(app.account, .porch).answer,
        certificate: .porch)
      return stage.observe(
        .pair(token: token, kind: .camera), stage.tokens(app.account, .hall).answer,
        certificate: .hall)
    },
    Forgery(1, "a pairing token of an app that was logged out") { stage in
      let app = stage.signIn("ada@x")
      let token = stage.pairingToken(by: app)
      stage.loggedOut(.kind(.app))
      return stage.observe(
        .pair(token: token, kind: .camera), stage.tokens(app.account, .porch).answer,
        certificate: .porch)
    },
    Forgery(3, "a device whose answer was lost refused") { stage in
      let app = stage.signIn("ada@x")
      let token = stage.pairingToken(by: app)
      stage.right(
        .pair(token: token, kind: .camera), stage.tokens(app.account, .porch).answer,
        certificate: .porch)
      return stage.observe(
        .pair(token: token, kind: .camera), .denied("pairing_token_used"), certificate: .porch)
    },
    Forgery(5, "a pairing token accepted again after its credentials were used") { stage in
      let app = stage.signIn("ada@x")
      let token = stage.pairingToken(by: app)
      let camera = stage.tokens(app.account, .porch)
      stage.right(.pair(token: token, kind: .camera), camera.answer, certificate: .porch)
      stage.use(camera)
      return stage.observe(
        .pair(token: token, kind: .camera), stage.tokens(app.account, .porch).answer,
        certificate: .porch)
    },
    Forgery(5, "a pairing token accepted again after its credentials were logged out") { stage in
      let app = stage.signIn("ada@x")
      let token = stage.pairingToken(by: app)
      stage.right(
        .pair(token: token, kind: .camera), stage.tokens(app.account, .porch).answer,
        certificate: .porch)
      stage.loggedOut(.device(.porch))
      return stage.observe(
        .pair(token: token, kind: .camera), stage.tokens(app.account, .porch).answer,
        certificate: .porch)
    },
    Forgery(5, "another owner's device under strong binding") { stage in
      _ = stage.pair(.porch, by: stage.signIn("ada@x"))
      let eve = stage.signIn("eve@x")
      return stage.observe(
        .pair(token: stage.pairingToken(by: eve), kind: .camera),
        stage.tokens(eve.account, .porch).answer, certificate: .porch)
    },
    Forgery(6, "another owner's device refused under medium binding") { stage in
      _ = stage.pair(.porch, by: stage.signIn("ada@x"))
      return stage.observe(
        .pair(token: stage.pairingToken(by: stage.signIn("eve@x")), kind: .camera),
        .denied("already_bound"), certificate: .porch)
    }.under(.medium),
    Forgery(5, "the former owner's session that outlives a new owner") { stage in
      let camera = stage.pair(.porch, by: stage.signIn("ada@x"))
      _ = stage.pair(.porch, by: stage.signIn("eve@x"))
      return stage.observe(camera.asking(.events), .done, certificate: .porch)
    }.under(.weak),
    Forgery(5, "a pairing that gives another account") { stage in
      let eve = stage.signIn("eve@x")
      let token = stage.pairingToken(by: stage.signIn("ada@x"))
      return stage.observe(
        .pair(token: token, kind: .camera), stage.tokens(eve.account, .porch).answer,
        certificate: .porch)
    },
    Forgery(11, "a pairing that gives another device") { stage in
      let app = stage.signIn("ada@x")
      return stage.observe(
        .pair(token: stage.pairingToken(by: app), kind: .camera),
        stage.tokens(app.account, .hall).answer, certificate: .porch)
    },
    Forgery(1, "a pairing without a certificate") { stage in
      let app = stage.signIn("ada@x")
      return stage.observe(
        .pair(token: stage.pairingToken(by: app), kind: .camera), stage.tokens(app.account).answer)
    },
    Forgery(1, "a camera that becomes a scale") { stage in
      let app = stage.signIn("ada@x")
      _ = stage.pair(.porch, by: app)
      return stage.observe(
        .pair(token: stage.pairingToken(by: app), kind: .scale),
        stage.tokens(app.account, .porch).answer, certificate: .porch)
    },
    Forgery(2, "a second session of the same id") { stage in
      let app = stage.signIn("ada@x")
      var camera = stage.tokens(app.account, .porch)
      camera.session = app.session
      return stage.observe(
        .pair(token: stage.pairingToken(by: app), kind: .camera), camera.answer,
        certificate: .porch)
    },
    Forgery(1, "a former session that outlives a new one") { stage in
      let app = stage.signIn("ada@x")
      let camera = stage.pair(.porch, by: app)
      _ = stage.pair(.porch, by: app)
      return stage.observe(camera.asking(.events), .done, certificate: .porch)
    },
    Forgery(5, "a relink without an owner") { stage in
      let app = stage.signIn("ada@x")
      let camera = stage.pair(.porch, by: app, .silent)
      stage.right(camera.asking(.unbind), .done, certificate: .porch)
      return stage.observe(
        .relink, stage.tokens(app.account, .porch).answer, certificate: .porch)
    },
    Forgery(1, "a relink under the policy to pair") { stage in
      let app = stage.signIn("ada@x")
      _ = stage.pair(.porch, by: app, .pair)
      return stage.observe(
        .relink, stage.tokens(app.account, .porch).answer, certificate: .porch)
    },
    Forgery(1, "a relink before the owner is back") { stage in
      let app = stage.signIn("ada@x")
      _ = stage.pair(.porch, by: app, .owner)
      stage.loggedOut(.everyone)
      return stage.observe(
        .relink, stage.tokens(app.account, .porch).answer, certificate: .porch)
    },
    Forgery(6, "a relink refused although the owner is back") { stage in
      _ = stage.pair(.porch, by: stage.signIn("ada@x"), .owner)
      stage.loggedOut(.everyone)
      _ = stage.signIn("ada@x")
      return stage.observe(.relink, .denied("authorization_pending"), certificate: .porch)
    },
    Forgery(6, "a silent relink refused") { stage in
      _ = stage.pair(.porch, by: stage.signIn("ada@x"), .silent)
      stage.loggedOut(.everyone)
      return stage.observe(.relink, .denied("logged_out"), certificate: .porch)
    },
    Forgery(11, "a relink that gives another account") { stage in
      let eve = stage.signIn("eve@x")
      _ = stage.pair(.porch, by: stage.signIn("ada@x"), .silent)
      return stage.observe(
        .relink, stage.tokens(eve.account, .porch).answer, certificate: .porch)
    },
    Forgery(11, "a relink that gives another device") { stage in
      let app = stage.signIn("ada@x")
      _ = stage.pair(.porch, by: app, .silent)
      return stage.observe(
        .relink, stage.tokens(app.account, .hall).answer, certificate: .porch)
    },
    Forgery(1, "a session that outlives a relink") { stage in
      let app = stage.signIn("ada@x")
      let camera = stage.pair(.porch, by: app, .silent)
      stage.right(.relink, stage.tokens(app.account, .porch).answer, certificate: .porch)
      return stage.observe(
        camera.presented(), stage.successor(of: camera).answer, certificate: .porch)
    },
    Forgery(5, "a pairing token of another lifetime") { stage in
      stage.observe(
        stage.signIn("ada@x").asking(.createPairingToken(nil)),
        .pairingToken("p-0", expiresInSeconds: 601))
    },
  ]
}
