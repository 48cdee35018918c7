/// Of `--version`.
let relinkVersion = "0.1.0"

/// Of `--help`.
let helpText = """
  Runs one simulated device against a cloud.

  Usage: relink-device camera|scale --cloud URL [OPTIONS]

  The device keeps what it must not forget in a flash file; it is made the first time, with a
  serial number, a UUID, and a certificate of the development makers' authority. What happens to it
  is written to standard output, one JSON object a line.

  Cloud
    --cloud URL               https://HOST[:PORT] of the cloud. Required.
    --ca FILE                 Trust these authorities, in PEM, instead of the development CA's.
    --development-ca DIR      The folder of the development CA, made when missing.
                              Default: ${XDG_DATA_HOME:-$HOME/.local/share}/relink/development-ca
    --certificate FILE        The certificate of a device to be made, in PEM: its common name is the
                              device's UUID, its serialNumber the serial number. With --key.
    --key FILE                The key of that certificate, in PEM, not encrypted.

  Device
    --flash FILE              The flash file, made when missing.
                              Default: ${XDG_STATE_HOME:-$HOME/.local/state}/relink/KIND.flash
    --model MODEL             Default: that of the flash, or the manifest's first of the kind.
    --firmware VERSION        Default: the newest of the model.
    --manifest FILE           The models and versions that there are. Default: $RELINK_MANIFEST, or
                              firmware-images/manifest.json here or above the program.
    --heartbeat-seconds N     Between two heartbeats. Default: 30
    --backoff-base-milliseconds N, --backoff-cap-seconds N
                              A failed attempt waits a random time up to base times 2^n, but never
                              longer than the cap. Default: 1000 and 300
    --seed N                  Of the device's random numbers. Default: another at each start

  World
    --world PATH              A Unix socket that takes what happens to the device, as JSON lines.
    --network SSID:PASSPHRASE A network that is always in reach; without a passphrase it is open.
                              The first colon ends the name.
    --payload TEXT            A QR payload to show the device at its start; if it is paired
                              already, it does not take it.
    --exit-with-parent        End when the process that started this one ends.

    --help                    Print this.
    --version                 Print the version.

  Examples
    A camera that joins the network Home and pairs by a payload of the owner's app:
      relink-device camera --cloud https://127.0.0.1:8443 --network 'Home:correct horse' \\
        --payload 'WIFI:T:WPA;S:Home;P:correct horse;;RELINK:V:1;C:https%3A//...;K:rlkp_...;;'

    A scale of the beta test, driven through a socket:
      relink-device scale --cloud https://127.0.0.1:8443 --flash /tmp/scale.flash \\
        --firmware 0.9.0 --world /tmp/scale.sock
      echo '{"event":"stepOn","grams":70000}' | nc -NU /tmp/scale.sock

  Exit codes: 0 ended by SIGTERM, 130 by SIGINT, 1 an error, 64 a wrong command line.
  """
