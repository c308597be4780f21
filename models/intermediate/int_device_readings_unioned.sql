-- grain: one row per reading of a device
{{ union_input('device_readings') }}
