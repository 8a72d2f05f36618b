package example.acme;

import static org.springframework.security.config.Customizer.withDefaults;

import com.nimbusds.jose.jwk.JWK;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.oauth2.client.endpoint.NimbusJwtClientAuthenticationParametersConverter;
import org.springframework.security.oauth2.client.endpoint.OAuth2AccessTokenResponseClient;
import org.springframework.security.oauth2.client.endpoint.OAuth2AuthorizationCodeGrantRequest;
import org.springframework.security.oauth2.client.endpoint.OAuth2RefreshTokenGrantRequest;
import org.springframework.security.oauth2.client.endpoint.RestClientAuthorizationCodeTokenResponseClient;
import org.springframework.security.oauth2.client.endpoint.RestClientRefreshTokenTokenResponseClient;
import org.springframework.security.oauth2.client.oidc.web.logout.OidcClientInitiatedLogoutSuccessHandler;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.jwt.JwtClaimValidator;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtValidators;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.util.StringUtils;

@Configuration
class Security {
    /** An API that verifies access tokens by itself. */
    @Bean
    @Order(1)
    SecurityFilterChain jwt(HttpSecurity http) throws Exception {
        return http.securityMatcher("/jwt/**")
                .authorizeHttpRequests(a -> a.anyRequest().hasAuthority("SCOPE_orders:read"))
                .oauth2ResourceServer(o -> o.jwt(withDefaults()))
                .build();
    }

    /** Access tokens say that they are such, "typ": "at+jwt" (RFC 9068), which Spring expects only when told. */
    @Bean
    JwtDecoder accessTokens(@Value("${acme.issuer}") String issuer, @Value("${acme.api}") String api) {
        var decoder = NimbusJwtDecoder.withIssuerLocation(issuer).validateType(false).build();
        decoder.setJwtValidator(JwtValidators.createAtJwtValidator().issuer(issuer).audience(api)
                .validators(v -> v.put("client_id", new JwtClaimValidator<String>("client_id", StringUtils::hasText))).build());
        return decoder;
    }

    /** An API that asks the server about access tokens (RFC 7662). */
    @Bean
    @Order(2)
    SecurityFilterChain opaque(HttpSecurity http) throws Exception {
        return http.securityMatcher("/opaque/**")
                .authorizeHttpRequests(a -> a.anyRequest().hasAuthority("SCOPE_orders:read"))
                .oauth2ResourceServer(o -> o.opaqueToken(withDefaults()))
                .build();
    }

    /** Pages for people. */
    @Bean
    @Order(3)
    SecurityFilterChain pages(HttpSecurity http, ClientRegistrationRepository clients) throws Exception {
        var everywhere = new OidcClientInitiatedLogoutSuccessHandler(clients);
        everywhere.setPostLogoutRedirectUri("{baseUrl}/bye");
        return http.authorizeHttpRequests(a -> a.requestMatchers("/bye", "/error").permitAll().anyRequest().authenticated())
                .oauth2Login(withDefaults())
                .logout(l -> l.logoutSuccessHandler(everywhere))
                .oidcLogout(l -> l.backChannel(withDefaults()))
                .build();
    }

    /** The application's key, for the registration that authenticates by it. */
    private static JWK key(ClientRegistration registration, String jwk) {
        try {
            return registration.getClientAuthenticationMethod().equals(ClientAuthenticationMethod.PRIVATE_KEY_JWT) ? JWK.parse(jwk) : null;
        } catch (java.text.ParseException e) {
            throw new IllegalStateException(e);
        }
    }

    @Bean
    OAuth2AccessTokenResponseClient<OAuth2AuthorizationCodeGrantRequest> codes(@Value("${acme.key}") String jwk) {
        var client = new RestClientAuthorizationCodeTokenResponseClient();
        client.addParametersConverter(new NimbusJwtClientAuthenticationParametersConverter<>(r -> key(r, jwk)));
        return client;
    }

    @Bean
    OAuth2AccessTokenResponseClient<OAuth2RefreshTokenGrantRequest> refreshes(@Value("${acme.key}") String jwk) {
        var client = new RestClientRefreshTokenTokenResponseClient();
        client.addParametersConverter(new NimbusJwtClientAuthenticationParametersConverter<>(r -> key(r, jwk)));
        return client;
    }
}
