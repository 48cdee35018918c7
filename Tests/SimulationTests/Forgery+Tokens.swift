import CloudCore
import DeviceProtocol
import Simulation

extension Forgery {
  /// Of access tokens, refresh tokens and codes.
  static let ofTokens: [Forgery] = [
    Forgery(2, "an error that nobody ordered") { stage in
      let app = stage.signIn("ada@x")
      return stage.observe(app.presented(), .refused(status: 500, reason: "server_error"))
    },
    Forgery(1, "an access token accepted after the logout of everyone") { stage in
      let app = stage.signIn("ada@x")
      stage.loggedOut(.everyone)
      return stage.observe(app.asking(.events), .done)
    },
    Forgery(1, "an access token accepted after the logout of its kind") { stage in
      let camera = stage.pair(.porch, by: stage.signIn("ada@x"))
      stage.loggedOut(.kind(.camera))
      return stage.observe(camera.asking(.someHeartbeat), .done, certificate: .porch)
    },
    Forgery(1, "an access token accepted after the logout of its account") { stage in
      let app = stage.signIn("ada@example.org")
      stage.loggedOut(.account(EmailAddress("ADA@example.org")!))
      return stage.observe(app.asking(.devices), .devices([]))
    },
    Forgery(1, "an access token accepted after the logout of its device") { stage in
      let camera = stage.pair(.porch, by: stage.signIn("ada@x"))
      stage.loggedOut(.device(.porch))
      return stage.observe(camera.asking(.events), .done, certificate: .porch)
    },
    Forgery(1, "an access token accepted after the logout of its session") { stage in
      let app = stage.signIn("ada@x")
      if let session = app.session { stage.loggedOut(.session(session)) }
      return stage.observe(app.asking(.events), .done)
    },
    Forgery(1, "a logged-out token taken for one of an ended session") { stage in
      let app = stage.signIn("ada@x")
      stage.loggedOut(.everyone)
      return stage.observe(app.asking(.events), .dead("session_ended"))
    },
    Forgery(1, "a refresh token accepted after a logout") { stage in
      let app = stage.signIn("ada@x")
      stage.loggedOut(.kind(.app))
      return stage.observe(app.presented(), stage.successor(of: app).answer)
    },
    Forgery(1, "a logged-out refresh token taken for a replay") { stage in
      let app = stage.signIn("ada@x")
      _ = stage.refresh(stage.refresh(app))
      stage.loggedOut(.everyone)
      return stage.observe(app.presented(), .denied("replayed"))
    },
    Forgery(3, "another kind's logout") { stage in
      let app = stage.signIn("ada@x")
      stage.loggedOut(.kind(.camera))
      return stage.observe(app.asking(.events), .dead("logged_out"))
    },
    Forgery(1, "an access token accepted after its end") { stage in
      let app = stage.signIn("ada@x")
      stage.advance(milliseconds: 3_600_000)
      return stage.observe(app.asking(.events), .done)
    },
    Forgery(3, "an access token refused in its last millisecond") { stage in
      let app = stage.signIn("ada@x")
      stage.advance(milliseconds: 3_599_999)
      return stage.observe(app.asking(.events), .dead("expired"))
    },
    Forgery(1, "an access token from the future accepted") { stage in
      let app = stage.signIn("ada@x")
      stage.now = UnixMilliseconds(stage.now.value - 300_001)
      return stage.observe(app.asking(.events), .done)
    },
    Forgery(3, "an access token from the near future refused") { stage in
      let app = stage.signIn("ada@x")
      stage.now = UnixMilliseconds(stage.now.value - 300_000)
      return stage.observe(app.asking(.events), .dead("expired"))
    },
    Forgery(1, "a device's access token accepted without its certificate") { stage in
      let camera = stage.pair(.porch, by: stage.signIn("ada@x"))
      return stage.observe(camera.asking(.someHeartbeat), .done)
    },
    Forgery(1, "a device's access token accepted with another's certificate") { stage in
      let camera = stage.pair(.porch, by: stage.signIn("ada@x"))
      return stage.observe(camera.asking(.someHeartbeat), .done, certificate: .hall)
    },
    Forgery(1, "a token that was never given accepted") { stage in
      stage.observe(.resource(accessToken: "a-0", .events), .done)
    },
    Forgery(1, "an access token of another lifetime") { stage in
      let app = stage.signIn("ada@x")
      var next = stage.successor(of: app)
      next.expiresInSeconds = 3_601
      return stage.observe(app.presented(), next.answer)
    },
    Forgery(5, "an app that does what a device may") { stage in
      stage.observe(stage.signIn("ada@x").asking(.someHeartbeat), .done)
    },
    Forgery(2, "a second successor while the first is unused") { stage in
      let app = stage.signIn("ada@x")
      var other = stage.refresh(app)
      other.refresh = stage.new("r")
      return stage.observe(app.presented(), other.answer)
    },
    Forgery(2, "a refresh token that there was before") { stage in
      let app = stage.signIn("ada@x")
      var next = stage.refresh(app)
      next.access = stage.new("a")
      next.generation += 1
      let presented = next.presented()
      next.refresh = app.refresh
      return stage.observe(presented, next.answer)
    },
    Forgery(2, "a refresh that does not rotate") { stage in
      let app = stage.signIn("ada@x")
      var next = stage.successor(of: app)
      next.refresh = app.refresh
      return stage.observe(app.presented(), next.answer)
    },
    Forgery(2, "a count of rotations that jumps") { stage in
      let app = stage.signIn("ada@x")
      var next = stage.successor(of: app)
      next.generation = 3
      return stage.observe(app.presented(), next.answer)
    },
    Forgery(2, "another session by a refresh") { stage in
      let (app, other) = (stage.signIn("ada@x"), stage.signIn("ada@x"))
      var next = stage.successor(of: app)
      next.session = other.session
      return stage.observe(app.presented(), next.answer)
    },
    Forgery(11, "another device by a refresh") { stage in
      let camera = stage.pair(.porch, by: stage.signIn("ada@x"))
      var next = stage.successor(of: camera)
      next.device = .hall
      return stage.observe(camera.presented(), next.answer, certificate: .porch)
    },
    Forgery(3, "the live refresh token refused") { stage in
      let app = stage.signIn("ada@x")
      return stage.observe(app.presented(), .denied("token_unknown"))
    },
    Forgery(3, "the token before an unused one refused after a month") { stage in
      let app = stage.signIn("ada@x")
      _ = stage.refresh(app)
      stage.advance(milliseconds: 30 * 86_400_000)
      return stage.observe(app.presented(), .denied("replayed"))
    },
    Forgery(3, "the token before a used one refused at the end of the window") { stage in
      let app = stage.signIn("ada@x")
      stage.use(stage.refresh(app))
      stage.advance(milliseconds: 600_000)
      return stage.observe(app.presented(), .denied("replayed"))
    },
    Forgery(4, "the token before a used one accepted after the window") { stage in
      let app = stage.signIn("ada@x")
      let next = stage.refresh(app)
      stage.use(next)
      stage.advance(milliseconds: 600_001)
      var again = next
      again.access = stage.new("a")
      return stage.observe(app.presented(), again.answer)
    },
    Forgery(4, "an older token accepted within the window") { stage in
      let app = stage.signIn("ada@x")
      var newest = stage.refresh(stage.refresh(app))
      newest.access = stage.new("a")
      return stage.observe(app.presented(), newest.answer)
    },
    Forgery(4, "a session that outlives a replay") { stage in
      let app = stage.signIn("ada@x")
      let newest = stage.refresh(stage.refresh(app))
      stage.right(app.presented(), .denied("replayed"))
      return stage.observe(newest.asking(.events), .done)
    },
    Forgery(4, "a replay that ends another session") { stage in
      let (app, other) = (stage.signIn("ada@x"), stage.signIn("ada@x"))
      _ = stage.refresh(stage.refresh(app))
      stage.right(app.presented(), .denied("replayed"))
      return stage.observe(other.asking(.events), .dead("session_ended"))
    },
    Forgery(4, "a replay of a logged-out token that ends a new session") { stage in
      let old = stage.signIn("ada@x")
      stage.loggedOut(.everyone)
      let new = stage.signIn("ada@x")
      stage.right(old.presented(), .denied("logged_out"))
      return stage.observe(new.presented(), .denied("session_ended"))
    },
    Forgery(1, "a refresh with another's certificate accepted") { stage in
      let camera = stage.pair(.porch, by: stage.signIn("ada@x"))
      return stage.observe(
        camera.presented(), stage.successor(of: camera).answer, certificate: .hall)
    },
    Forgery(1, "a refresh without a certificate accepted") { stage in
      let camera = stage.pair(.porch, by: stage.signIn("ada@x"))
      return stage.observe(camera.presented(), stage.successor(of: camera).answer)
    },
    Forgery(1, "a refresh by another client accepted") { stage in
      let camera = stage.pair(.porch, by: stage.signIn("ada@x"))
      return stage.observe(
        camera.presented(as: .app), stage.successor(of: camera).answer, certificate: .porch)
    },
    Forgery(1, "a refresh token that was never given accepted") { stage in
      let app = stage.signIn("ada@x")
      return stage.observe(
        .refresh(token: "r-0", kind: .app), stage.successor(of: app).answer)
    },
    Forgery(1, "a revoked session accepted") { stage in
      let app = stage.signIn("ada@x")
      stage.right(.revoke(token: app.refresh), .done)
      return stage.observe(app.asking(.events), .done)
    },
    Forgery(3, "a revocation by another client") { stage in
      let camera = stage.pair(.porch, by: stage.signIn("ada@x"))
      stage.right(.revoke(token: camera.refresh), .denied("token_unknown"))
      return stage.observe(camera.presented(), .denied("session_ended"), certificate: .porch)
    },
    Forgery(5, "a login with a wrong password") { stage in
      _ = stage.signIn("ada@x")
      return stage.observe(.authorize(email: "ada@x", isPasswordRight: false), .code("c-0"))
    },
    Forgery(6, "a login with the right password refused") { stage in
      _ = stage.signIn("ada@x")
      return stage.observe(
        .authorize(email: "ada@x", isPasswordRight: true), .refused(status: 403, reason: ""))
    },
    Forgery(6, "a login delayed without a failure before") { stage in
      _ = stage.signIn("ada@x")
      return stage.observe(
        .authorize(email: "ada@x", isPasswordRight: true),
        .refused(status: 429, reason: "too_many_requests"))
    },
    Forgery(4, "a code used twice") { stage in
      let app = stage.signIn("ada@x")
      let code = stage.code(of: "ada@x")
      stage.right(.exchangeCode(code), stage.tokens(app.account).answer)
      return stage.observe(.exchangeCode(code), stage.tokens(app.account).answer)
    },
    Forgery(4, "a session that outlives the second use of its code") { stage in
      let app = stage.signIn("ada@x")
      let code = stage.code(of: "ada@x")
      let held = stage.tokens(app.account)
      stage.right(.exchangeCode(code), held.answer)
      stage.right(.exchangeCode(code), .denied("invalid_grant"))
      return stage.observe(held.asking(.events), .done)
    },
    Forgery(1, "a code used after a minute") { stage in
      let app = stage.signIn("ada@x")
      let code = stage.code(of: "ada@x")
      stage.advance(milliseconds: 60_000)
      return stage.observe(.exchangeCode(code), stage.tokens(app.account).answer)
    },
    Forgery(1, "a code used after the logout of its account") { stage in
      let app = stage.signIn("ada@example.org")
      let code = stage.code(of: "ada@example.org")
      stage.loggedOut(.account(EmailAddress("ada@example.org")!))
      return stage.observe(.exchangeCode(code), stage.tokens(app.account).answer)
    },
    Forgery(5, "a code that gives another account") { stage in
      let eve = stage.signIn("eve@x")
      _ = stage.signIn("ada@x")
      return stage.observe(
        .exchangeCode(stage.code(of: "ada@x")), stage.tokens(eve.account).answer)
    },
    Forgery(5, "a second account of one address") { stage in
      _ = stage.signIn("ada@x")
      return stage.observe(.register(email: "ADA@x"), .registered(AccountID(number: -3)))
    },
  ]
}
