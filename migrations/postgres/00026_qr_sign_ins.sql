-- +goose Up
-- Sign-ins that wait for a phone on which their person is signed in. They live for minutes.
CREATE TABLE qr_sign_ins (
    tenant     bytea NOT NULL,
    id         bytea NOT NULL,
    flow       bytea NOT NULL,
    state      text NOT NULL,
    secret     bytea NOT NULL CHECK (get_byte(secret, 0) = 1 AND octet_length(secret) >= 43),
    request    bytea NOT NULL CHECK (get_byte(request, 0) = 1 AND octet_length(request) >= 43),
    person     bytea,
    session    bytea,
    decision   bytea CHECK (get_byte(decision, 0) = 1 AND octet_length(decision) >= 43),
    address    bytea,
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX qr_sign_ins_flow ON qr_sign_ins (tenant, flow);
CREATE INDEX qr_sign_ins_person ON qr_sign_ins (tenant, person) WHERE person IS NOT NULL;
CREATE INDEX qr_sign_ins_address ON qr_sign_ins (tenant, address, expires_at) WHERE address IS NOT NULL;
CREATE INDEX qr_sign_ins_expires_at ON qr_sign_ins (tenant, expires_at);

-- +goose Down
DROP TABLE qr_sign_ins;
