-- +goose Up
-- Sign-ins that wait for a phone on which their person is signed in. They live for minutes.
CREATE TABLE qr_sign_ins (
    tenant     blob NOT NULL,
    id         blob NOT NULL,
    flow       blob NOT NULL,
    state      text NOT NULL,
    secret     blob NOT NULL CHECK (typeof(secret) = 'blob' AND substr(secret, 1, 1) = x'01' AND length(secret) >= 43),
    request    blob NOT NULL CHECK (typeof(request) = 'blob' AND substr(request, 1, 1) = x'01' AND length(request) >= 43),
    person     blob,
    session    blob,
    decision   blob CHECK (decision IS NULL OR (typeof(decision) = 'blob' AND substr(decision, 1, 1) = x'01' AND length(decision) >= 43)),
    address    blob,
    expires_at datetime NOT NULL,
    created_at datetime NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX qr_sign_ins_flow ON qr_sign_ins (tenant, flow);
CREATE INDEX qr_sign_ins_person ON qr_sign_ins (tenant, person) WHERE person IS NOT NULL;
CREATE INDEX qr_sign_ins_address ON qr_sign_ins (tenant, address, expires_at) WHERE address IS NOT NULL;
CREATE INDEX qr_sign_ins_expires_at ON qr_sign_ins (tenant, expires_at);

-- +goose Down
DROP TABLE qr_sign_ins;
